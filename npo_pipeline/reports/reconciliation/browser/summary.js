// The summary: is it right, and where not, why? No section that would be empty.

function componentsSection() {
  const found = DATA.byComponent.map(([component, compared, matching, share, shareMoney, ours, theirs, difference, currency]) => [
    { head: el("a", { href: filterLink({ onderdeel: components.name[component] }) }, components.title[component]) },
    number(compared),
    number(matching),
    share,
    shareMoney,
    money(ours, currency),
    money(theirs, currency),
    differenceText(difference, currency),
  ]);
  const columns = [
    ["Onderdeel"], ["Vergeleken", true], ["Gelijk", true], ["Deel", true], ["Deel in geld", true],
    ["Besluit", true], ["Bestand", true], ["Verschil", true],
  ];
  return section("Klopt het?", table("Per onderdeel", columns, found, null, true));
}

// A text with the commands in it marked, which stand between backticks.
const withCommands = (text) => text.split("`").map((part, place) => (place % 2 ? el("code", null, part) : part));

// An amount that one side lacks is found by its outcome, where it has no cause.
function causeLink(name, component) {
  const found = outcomes.name.includes(name) ? { uitkomst: name } : { uitkomst: DIFFERENT, oorzaak: name };
  return filterLink({ ...found, onderdeel: components.name[component] });
}

function causesSection() {
  if (!DATA.byCause.length) return null;
  const found = DATA.byCause.map(([component, cause, times, difference, currency]) => [
    { head: el("a", { href: causeLink(causes.name[cause], component) }, causes.title[cause]) },
    components.title[component],
    number(times),
    differenceText(difference, currency),
    [el("span", null, causes.meaning[cause]), el("span", { class: "sub" }, withCommands(causes.todo[cause]))],
  ]);
  const columns = [["Oorzaak"], ["Onderdeel"], ["Aantal", true], ["Verschil", true], ["Wat dat is, en wat u kunt doen"]];
  return section("Waarom niet?", table("Oorzaken van de verschillen", columns, found, null, true));
}

// The largest of each cause of a component, but for rounding, of which one is like the other: rows are in the order of their difference.
const EACH = 3;

function largestRows() {
  const times = new Map();
  const found = rows.school.map((_, row) => row).filter((row) => {
    if (!rows.outcome[row] || causes.name[rows.cause[row]] === "rounding") return false;
    const key = [rows.component[row], rows.cause[row], rows.outcome[row]].join();
    times.set(key, (times.get(key) || 0) + 1);
    return times.get(key) <= EACH;
  });
  const order = (row) => rows.component[row] * 100 + (rows.cause[row] < 0 ? 90 + rows.outcome[row] : rows.cause[row]);
  return found.sort((one, other) => order(one) - order(other));
}

function largestSection() {
  const found = largestRows();
  if (!found.length) return null;
  const more = el("p", null, el("a", { href: filterLink({ uitkomst: DIFFERENT }) }, "Alle verschillen"));
  return section("De grootste verschillen van elke oorzaak", amountsTable("De grootste verschillen", found), more);
}

function leftOutSection() {
  if (!DATA.leftOut.length) return null;
  const found = DATA.leftOut.map(([title, ours, currency]) => [{ head: title }, money(ours, currency)]);
  return section(
    "Niet vergeleken",
    el("p", null, DATA.words.leftOut),
    el("div", { class: "narrow" }, table("Niet vergeleken", [["Onderdeel"], ["Besluit", true]], found)),
  );
}

function othersSection() {
  if (!DATA.others.length) return null;
  const found = DATA.others.map(([file, column, value, times, cents]) => [{ head: file }, `${column} ${value}`.trim(), number(times), cents === null ? "" : decimal(cents, 2, 2)]);
  const columns = [["Bestand"], ["Wat"], ["Rijen", true], ["Bedrag", true]];
  return section("Rijen over iets anders", el("p", null, DATA.words.others), table("Rijen over iets anders", columns, found, null, true));
}

function unreadSection() {
  if (!DATA.unread.length) return null;
  const found = DATA.unread.map(([file, line, column, message]) => [{ head: file }, line === null ? "" : String(line), column, message]);
  const columns = [["Bestand"], ["Regel", true], ["Kolom"], ["Waarom niet"]];
  return section(
    "Niet gelezen",
    el("p", null, DATA.words.unread),
    table("Niet gelezen", columns, found, null, true),
    DATA.moreUnread ? el("p", null, `${number(DATA.moreUnread)} meer in het Excelbestand.`) : null,
  );
}

function summaryView() {
  return el(
    "article",
    null,
    el("div", { class: "head" }, el("h1", { tabindex: "-1" }, DATA.words.title), printButton()),
    el("div", { class: "total" }, DATA.words.conclusion.map((line, place) => el("p", { class: place ? "rests" : "lead" }, unbroken(line)))),
    componentsSection(),
    causesSection(),
    largestSection(),
    leftOutSection(),
    othersSection(),
    unreadSection(),
  );
}
