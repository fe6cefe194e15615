// Comfort only: every page works without this file.
(() => {
  const doc = document, on = (name, act) => doc.addEventListener(name, act);
  const all = (what, act) => doc.querySelectorAll(what).forEach(act);

  // Our answers carry #live (or #delivery, polled); a stranger's, such as a proxy's page, is never shown.
  const polled = (ctx) => ctx.sourceElement.id == "delivery";
  const lost = (ctx) => {
    if (!ctx || polled(ctx)) return;
    all(".lost", (old) => old.remove());
    doc.getElementById("main").prepend(doc.getElementById("trouble").content.cloneNode(true));
    all(".lost", (alert) => alert.focus());
  };
  on("htmx:after:request", (event) => {
    const { ctx } = event.detail;
    if (ctx.text.includes(polled(ctx) ? ' id="delivery"' : ' id="live"')) return;
    event.preventDefault();
    lost(ctx);
  });
  on("htmx:error", (event) => lost(event.detail.ctx));

  // As in a browser, going to the page we are on adds no step back.
  on("htmx:before:history:update", ({ detail: { history } }) => {
    if (history.path == location.pathname + location.search) history.type = "replace";
  });

  // A form without htmx: busy, sent once, its password hidden again.
  on("submit", (event) => {
    const form = event.target, { classList } = form;
    form.querySelectorAll("[data-show]").forEach((field) => (field.type = "password"));
    if (event.defaultPrevented) return;
    if (classList.contains("htmx-request")) event.preventDefault();
    classList.add("htmx-request");
  });
  addEventListener("pageshow", () => all("form", (form) => form.classList.remove("htmx-request")));

  let wait;
  const dress = () => {
    all("[data-show]", (field) => {
      const button = doc.createElement("button");
      const label = () => (button.textContent = field.dataset[field.type == "password" ? "show" : "hide"]);
      button.type = "button";
      button.className = "text";
      button.onclick = () => label((field.type = field.type == "password" ? "text" : "password"));
      label(field.after(button));
    });
    all("[data-copy]", (button) => {
      button.hidden = false;
      button.onclick = () => navigator.clipboard.writeText(button.dataset.copy).then(() => (button.textContent = button.dataset.done));
    });

    // WebOTP: the code out of the text, filled in and sent once.
    wait?.abort();
    const code = doc.querySelector("[action*=phone-code] #code");
    if (!code || !window.OTPCredential) return;
    const { signal } = (wait = new AbortController());
    code.form.addEventListener("submit", () => wait.abort());
    navigator.credentials.get({ otp: { transport: ["sms"] }, signal }).then((otp) => {
      code.value = otp.code;
      code.form.requestSubmit();
    }, () => {});
  };
  on("htmx:after:swap", dress);
  dress();
})();
