// The npm package oidc-provider with Auth0's paths and manners. What is asked of it comes in the
// environment: PORT, CLIENT_ID, CLIENT_SECRET, and LEAN=1 for ID tokens without an e-mail.
// Anybody may sign in. A login says what is told of them: "ada", "unverified-ada", "mailless-ada".

import Provider from "oidc-provider";

const { PORT, CLIENT_ID, CLIENT_SECRET, LEAN } = process.env;
const issuer = `http://127.0.0.1:${PORT}/`;
const day = 86_400;

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: CLIENT_ID,
      client_secret: CLIENT_SECRET,
      token_endpoint_auth_method: "client_secret_post",
      redirect_uris: ["http://127.0.0.1/auth0/callback"],
      post_logout_redirect_uris: ["http://127.0.0.1/"],
    },
  ],
  routes: {
    authorization: "/authorize",
    token: "/oauth/token",
    userinfo: "/userinfo",
    jwks: "/.well-known/jwks.json",
    end_session: "/v2/session/end",
  },
  claims: { openid: ["sub"], email: ["email", "email_verified"] },
  conformIdTokenClaims: LEAN === "1",
  extraParams: ["screen_hint", "connection"],
  pkce: { required: () => true },
  cookies: { keys: ["only in tests"] },
  ttl: { AccessToken: day, AuthorizationCode: 60, Grant: day, IdToken: day, Interaction: day, Session: day },
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  async findAccount(_, id) {
    const told = id.startsWith("mailless-")
      ? {}
      : { email: `${id}@example.org`, email_verified: !id.startsWith("unverified-") };
    return { accountId: id, claims: async () => ({ sub: id, ...told }) };
  },
  // An application of one's own is asked for no consent.
  async loadExistingGrant(ctx) {
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope("openid email");
    await grant.save();
    return grant;
  },
});

// The product under test listens on whatever port is free.
const here = (...paths) => (url) => {
  const { protocol, hostname, pathname } = new URL(url);
  return protocol === "http:" && hostname === "127.0.0.1" && paths.includes(pathname);
};
provider.Client.prototype.redirectUriAllowed = here("/auth0/callback");
provider.Client.prototype.postLogoutRedirectUriAllowed = here("/", "/login");

// Auth0's way to end its session.
provider.use(async (ctx, next) => {
  if (ctx.path === "/v2/logout") {
    const asked = { client_id: ctx.query.client_id, post_logout_redirect_uri: ctx.query.returnTo };
    return ctx.redirect(`/v2/session/end?${new URLSearchParams(asked)}`);
  }
  return next();
});

provider.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));
