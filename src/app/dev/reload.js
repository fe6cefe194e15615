// Only in development: looks again when a template, a style or a word has changed.
const again = () => location.reload();
if (window == top) {
  const changes = new EventSource(`/dev/reload?since=${performance.timeOrigin}`);
  changes.addEventListener("page", again);
  changes.addEventListener("style", async () => {
    if (document.querySelector("iframe")) return again();
    const page = new DOMParser().parseFromString(await (await fetch(location)).text(), "text/html");
    const now = [...page.querySelectorAll("link[rel=stylesheet]")];
    document.querySelectorAll("link[rel=stylesheet]").forEach((link, at) => {
      if (now[at]) link.href = now[at].getAttribute("href");
    });
  });
}
