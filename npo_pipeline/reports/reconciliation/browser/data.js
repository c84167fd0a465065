// The data of the page. An amount is the number of its row; a school, component, outcome or cause is its position.

const DATA = JSON.parse(document.getElementById("data").textContent);
const { rows, schools, components, outcomes, causes } = DATA;

const nameOf = (place) => schools.name[place] || schools.code[place];

const haystacks = schools.code.map((code, place) =>
  [code, schools.name[place], schools.place[place], schools.board[place], schools.boardName[place]].map(plain).join(" "),
);

// An amount stays beside its sign.
const unbroken = (text) => text.replace(/([€$]) (?=[-+\d])/g, `$1${SPACE}`);

const moneyOr = (cents, currency, none) => (cents === null ? none : money(cents, currency));

// Above zero with its sign, so that a difference is not read as an amount.
function differenceText(cents, currency) {
  const text = money(cents, currency);
  return cents > 0 ? text.replace(SPACE, `${SPACE}+`) : text;
}

// A filter: search text, and a chosen outcome, cause and component; each by its name in the address.
function readFilter(text) {
  const found = new URLSearchParams(text);
  return Object.fromEntries(FILTERS.map((name) => [name, found.get(name) || ""]));
}

const FILTERS = ["zoek", "uitkomst", "oorzaak", "onderdeel"];

function filterLink(filter) {
  const chosen = new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
  return chosen ? `#/bedragen/${chosen}` : "#/bedragen";
}

const DIFFERENT = "verschil";

function keeps(filter) {
  const words = plain(filter.zoek).split(" ").filter(Boolean);
  const outcome = outcomes.name.indexOf(filter.uitkomst);
  const cause = causes.name.indexOf(filter.oorzaak);
  const component = components.name.indexOf(filter.onderdeel);
  return (row) =>
    (filter.uitkomst === "" || (filter.uitkomst === DIFFERENT ? rows.outcome[row] > 0 : rows.outcome[row] === outcome)) &&
    (filter.oorzaak === "" || rows.cause[row] === cause) &&
    (filter.onderdeel === "" || rows.component[row] === component) &&
    words.every((word) => haystacks[rows.school[row]].includes(word));
}

// The rows that a filter keeps, in their order: the largest differences first.
function filtered(filter) {
  const keep = keeps(filter);
  return rows.school.map((_, row) => row).filter(keep);
}
