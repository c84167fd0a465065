// The data of the page and its relations. A school, board, municipality or amount is the number of its row.

const DATA = JSON.parse(document.getElementById("data").textContent);
const { schools, boards, municipalities, amounts, rules } = DATA;

const amountsOf = Array.from(schools.code, () => []);
const dueStart = [];
{
  let start = 0;
  amounts.school.forEach((school, row) => {
    amountsOf[school].push(row);
    dueStart.push(start);
    const months = amounts.schedules[amounts.schedule[row]].length;
    start += months > 1 ? months : 0;
  });
}

const schoolByCode = new Map(schools.code.map((code, school) => [code, school]));

const GROUPS = {
  bestuur: { rows: boards, of: schools.board, one: "bestuur", title: "Besturen", path: "besturen" },
  gemeente: { rows: municipalities, of: schools.municipality, one: "gemeente", title: "Gemeenten", path: "gemeenten" },
};
for (const group of Object.values(GROUPS)) {
  group.schools = group.rows.name.map(() => []);
  group.of.forEach((place, school) => group.schools[place].push(school));
  group.byName = new Map(group.rows.name.map((name, place) => [name, place]));
}

const boardTitle = (place) => (boards.title[place] ? `${boards.title[place]} (${boards.name[place]})` : boards.name[place]);
const schoolLink = (school) => `#/school/${schools.code[school]}`;
const groupLink = (kind, name) => `#/${kind}/${encodeURIComponent(name)}`;
function groupName(kind, name) {
  if (kind !== "bestuur") return `Gemeente ${name || "onbekend"}`;
  const place = GROUPS.bestuur.byName.get(name);
  return boards.title[place] ? boardTitle(place) : `Bestuur ${name || "onbekend"}`;
}
const nameOf = (school) => schools.name[school] || `Vestiging ${schools.code[school]}`;
const placeOf = (school) => schools.places[schools.place[school]];
const ruleOf = (row) => rules[amounts.rule[row]];
const countedOf = (row) => amounts.counted[row] ?? amounts.quantity[row];
const rowsOf = (many) => many.flatMap((school) => amountsOf[school]);
const decisionOf = (currency) => DATA.decisions.find((one) => one[1] === currency);

// The instalments of an amount: [month, cents] in order.
function instalmentsOf(row) {
  const months = amounts.schedules[amounts.schedule[row]];
  if (months.length === 1) return [[months[0], amounts.cents[row]]];
  return months.map((month, place) => [month, amounts.due[dueStart[row] + place]]);
}

function added(map, key, cents) {
  map.set(key, (map.get(key) || 0) + cents);
}

// Amounts together, per currency: two currencies are never added up. Sums of whole cents are exact.
function sums(rows) {
  const found = new Map();
  for (const row of rows) {
    const { currency, component } = ruleOf(row);
    if (!found.has(currency)) found.set(currency, { total: 0, components: new Map(), rows: [] });
    const sum = found.get(currency);
    sum.total += amounts.cents[row];
    sum.rows.push(row);
    added(sum.components, component, amounts.cents[row]);
  }
  return new Map([...found].sort());
}

// The instalments of amounts in one currency, by month.
function monthsOf(rows) {
  const found = new Map();
  for (const row of rows) for (const [month, cents] of instalmentsOf(row)) added(found, month, cents);
  return new Map([...found].sort());
}

// The totals alone: quick enough for a thousand boards at once.
function totals(rows) {
  const found = new Map();
  for (const row of rows) added(found, ruleOf(row).currency, amounts.cents[row]);
  return [...found].sort();
}

const restsOf = (those, place, currency) => DATA.rests[those.rests[currency][place]];
const gapsOf = (many) => [...new Set(many.flatMap((school) => DATA.schoolGaps[school] || []))].sort((a, b) => a - b);
const hiddenOf = (many) => [...new Set(many.flatMap((school) => DATA.hidden[school] || []))].sort();
