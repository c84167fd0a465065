// The view in the page: it follows the address, so that back, forward and a kept link work.

const main = document.getElementById("inhoud");

function named(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

function unknownView() {
  return el("article", null, el("h1", { tabindex: "-1" }, "Niet gevonden"), el("p", null, "Deze pagina bestaat niet. Zoek hierboven een school."));
}

function groupFound(kind, name) {
  const place = GROUPS[kind].byName.get(name);
  return place === undefined ? unknownView() : groupView(kind, place);
}

const VIEWS = {
  "": [homeView, "scholen"],
  school: [(code) => (schoolByCode.has(code) ? schoolView(schoolByCode.get(code)) : unknownView()), "scholen"],
  besturen: [() => groupsView("bestuur"), "besturen"],
  bestuur: [(name) => groupFound("bestuur", name), "besturen"],
  gemeenten: [() => groupsView("gemeente"), "gemeenten"],
  gemeente: [(name) => groupFound("gemeente", name), "gemeenten"],
  toelichting: [aboutView, "toelichting"],
};

function show(focus) {
  const [, kind = "", name = ""] = location.hash.split("/");
  const [view, tab] = Object.hasOwn(VIEWS, kind) ? VIEWS[kind] : [unknownView, ""];
  main.replaceChildren(view(named(name)));
  for (const link of document.querySelectorAll("nav a")) {
    if (link.dataset.view === tab) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
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
// Searched once while nobody waits: the first search of a person is then as quick as the next.
setTimeout(() => find("e"), 0);
