// The view in the page: it follows the address, so that back, forward and a kept link work.

const main = document.getElementById("inhoud");

function printButton() {
  return el("button", { type: "button", class: "print", onclick: () => window.print() }, "Afdrukken");
}

function marked(tab) {
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function show(focus) {
  const [, kind = "", ...rest] = location.hash.split("/");
  const address = rest.join("/");
  printed = null;
  main.replaceChildren(kind === "bedragen" ? amountsView(address) : summaryView());
  marked(kind === "bedragen" ? tabOf(readFilter(address)) : "samenvatting");
  const heading = main.querySelector("h1");
  document.title = kind ? `${heading.textContent} - ${DATA.words.title}` : DATA.words.title;
  if (!focus) return;
  window.scrollTo(0, 0);
  heading.focus();
}

// An address that is no view (`#inhoud`, to skip the menu) leaves the page as it is.
function route() {
  if (location.hash === "" || location.hash.startsWith("#/")) show(true);
}

window.addEventListener("hashchange", route);
show(false);
