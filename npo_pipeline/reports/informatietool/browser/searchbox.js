// The search box: a combobox with a list under it. Arrow keys choose, Enter opens, Escape closes and then clears.

const box = document.getElementById("query");
const list = document.getElementById("results");
const count = document.getElementById("count");
let options = [];
let active = -1;

function optionOf(item, place) {
  const id = `optie-${place}`;
  if (item.kind !== "school") {
    const group = GROUPS[item.kind];
    const name = group.rows.name[item.place];
    const link = groupLink(item.kind, name);
    const words = [el("strong", null, groupName(item.kind, name)), el("span", null, schoolsText(group.schools[item.place].length))];
    return el("li", { role: "option", id, "aria-selected": "false", "data-link": link }, words);
  }
  const { school } = item;
  const where = `${schools.code[school]} · ${placeOf(school) || "plaats onbekend"} · bestuur${SPACE}${boardTitle(schools.board[school])}`;
  return el(
    "li",
    { role: "option", id, "aria-selected": "false", "data-link": schoolLink(school) },
    el("strong", null, nameOf(school)),
    el("span", null, where),
    el("span", { class: "number" }, totalCells([school], schools, school, "bedrag niet bekend")),
  );
}

function opened(open) {
  list.hidden = !open;
  if (!open) count.textContent = "";
  box.setAttribute("aria-expanded", String(open));
  if (!open) choose(-1);
}

function choose(place) {
  if (options[active]) options[active].setAttribute("aria-selected", "false");
  active = place;
  const option = options[active];
  if (!option) return box.removeAttribute("aria-activedescendant");
  option.setAttribute("aria-selected", "true");
  option.scrollIntoView({ block: "nearest" });
  return box.setAttribute("aria-activedescendant", option.id);
}

function countText(found) {
  if (!box.value.trim()) return "";
  if (!found.shown.length) return "Niets gevonden. Hierin staan alleen scholen met leerlingen in het besluit.";
  const schoolsFound = `${schoolsText(found.count)} gevonden`;
  return found.count > SHOWN ? `${schoolsFound}; de eerste ${SHOWN} staan hieronder. Typ meer om te kiezen.` : `${schoolsFound}.`;
}

function search() {
  const found = find(box.value);
  choose(-1);
  options = found.shown.map(optionOf);
  list.replaceChildren(...options);
  opened(options.length > 0);
  count.textContent = countText(found);
}

function go(option) {
  opened(false);
  if (location.hash === option.dataset.link) route();
  else location.hash = option.dataset.link;
}

function move(step) {
  if (list.hidden && options.length) search();
  if (!options.length) return;
  const next = active + step;
  choose(next < -1 ? options.length - 1 : next >= options.length ? -1 : next);
}

function escaped() {
  if (!list.hidden) opened(false);
  else {
    box.value = "";
    search();
  }
}

const KEYS = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  Escape: escaped,
  Enter: () => {
    const option = options[active] || (options.length ? options[0] : null);
    if (option && !list.hidden) go(option);
  },
};

box.addEventListener("input", search);
box.addEventListener("keydown", (event) => {
  if (!KEYS[event.key] || event.isComposing) return;
  event.preventDefault();
  KEYS[event.key]();
});
box.addEventListener("blur", () => opened(false));
list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays in the box
list.addEventListener("click", (event) => {
  const option = event.target.closest("[role=option]");
  if (option) go(option);
});
