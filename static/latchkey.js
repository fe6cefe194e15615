// Comfort only: pages work without this file.
const on = (name, act) => document.addEventListener(name, act);
const all = (what, act) => document.querySelectorAll(what).forEach(act);

// Only our own answers are shown: they carry #live, or the part that asks by itself.
const alert = trouble.content.firstElementChild;
const polled = ({ detail }) => detail.ctx?.sourceElement.closest("[hx-trigger]:not(button)");
const lost = (event) => polled(event) || (main.prepend(alert), alert.focus());
on("htmx:error", lost);
on("htmx:after:request", (event) => {
  if (event.detail.ctx.text.includes(` id="${polled(event)?.id ?? "live"}"`)) return;
  event.preventDefault();
  lost(event);
});

// The page we are on is no new step back.
on("htmx:before:history:update", ({ detail: { history } }) => {
  if (history.path == location.pathname + location.search) history.type = "replace";
});

// WebOTP: the code in the text, filled in, sent once.
let wait;
const dress = () => {
  all("button[hidden]", (button) => (button.hidden = false));
  wait?.abort();
  wait = new AbortController();
  if (window.OTPCredential) all("[action*=phone-code] #code", ({ form }) =>
    navigator.credentials.get({ otp: { transport: ["sms"] }, signal: wait.signal }).then((sms) => {
      form.code.value = sms.code;
      form.requestSubmit();
    }, () => {}));
};
// Moments by the visitor's own clock, in their way of writing the language of the page.
const { lang } = document.documentElement;
const written = navigator.languages.find((one) => one.startsWith(lang)) ?? lang;
const clocks = new Intl.DateTimeFormat(written, { dateStyle: "long", timeStyle: "short" });
const tell = () => all("[data-on]", (time) => {
  time.textContent = time.dataset.on.replace("{}", clocks.format(new Date(time.dateTime)));
});
on("htmx:after:swap", (event) => (tell(), polled(event) || dress()));
tell();
dress();

// Another language of the page keeps what was typed in it; a password or code is not sent along. The form may be another one by now.
all(".languages button", (button) => button.removeAttribute("form"));
on("submit", ({ target }) => {
  if (target.matches("[action='/language']")) new FormData(main.querySelector("form") ?? void 0).forEach((value, name) => {
    if (/^(phone|country|email)$/.test(name)) target.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  });
});

// A number is grouped as its country writes it while digits are added at its end: elsewhere the caret would jump.
// Spaces of one's own are left as they are.
on("input", ({ target, inputType }) => {
  const field = target.form?.querySelector("#phone");
  const cuts = field?.form.querySelector("option:checked")?.dataset.cuts;
  if (!cuts) return;
  const { value, selectionEnd, grouped = "" } = field;
  if (grouped.startsWith(value)) field.grouped = value;
  const added = value.startsWith(grouped) && value.slice(grouped.length);
  if (target == field ? !/^insert/.test(inputType) || selectionEnd < value.length || !/^\d+$/.test(added) : added !== "") return;
  field.value = field.grouped = value.replaceAll(" ", "").replace(/\d/g, (digit, at, all) => (cuts.includes(at - (all[0] == 0)) ? " " : "") + digit);
});

// Without htmx: sent once, password hidden.
on("submit", (event) => {
  wait.abort();
  if (event.defaultPrevented) return;
  all("#password", (field) => (field.type = "password"));
  if (event.target.ariaBusy) event.preventDefault();
  event.target.ariaBusy = "true";
});
addEventListener("pageshow", () => all("form", (form) => (form.ariaBusy = null)));

on("click", ({ target }) => {
  const { copy, other } = target.dataset;
  if (copy) navigator.clipboard.writeText(copy);
  if (!other) return;
  const field = document.getElementById(target.getAttribute("aria-controls"));
  field.type = field.type == "text" ? "password" : "text";
  [target.textContent, target.dataset.other] = [other, target.textContent];
});

// Mails tell times as the clock of this browser does.
const zone = `zone=${clocks.resolvedOptions().timeZone}`;
const cookie = location.protocol == "https:" ? `__Host-${zone}; Secure` : zone;
if (!`${document.cookie};`.includes(`${zone};`)) {
  document.cookie = `${cookie}; Path=/; SameSite=Lax; Max-Age=31536000`;
}
