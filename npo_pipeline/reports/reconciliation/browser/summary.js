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
function causeLink(name) {
  return filterLink(outcomes.name.includes(name) ? { uitkomst: name } : { uitkomst: DIFFERENT, oorzaak: name });
}

function causesSection() {
  if (!DATA.byCause.length) return null;
  const found = DATA.byCause.map(([cause, times, difference, currency]) => [
    { head: el("a", { href: causeLink(causes.name[cause]) }, causes.title[cause]) },
    number(times),
    differenceText(difference, currency),
    [el("span", null, causes.meaning[cause]), el("span", { class: "sub" }, withCommands(causes.todo[cause]))],
  ]);
  const columns = [["Oorzaak"], ["Aantal", true], ["Verschil", true], ["Wat dat is, en wat u kunt doen"]];
  return section("Waarom niet?", table("Oorzaken van de verschillen", columns, found, null, true));
}

function largestSection() {
  if (!DATA.largest.length) return null;
  const more = el("p", null, el("a", { href: filterLink({ uitkomst: DIFFERENT }) }, "Alle verschillen"));
  return section("De grootste verschillen", amountsTable("De grootste verschillen", DATA.largest), more);
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
  const found = DATA.others.map(([file, column, value, times, cents]) => [{ head: file }, `${column} ${value}`, number(times), cents === null ? "" : decimal(cents, 2, 2)]);
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
    el("div", { class: "total" }, DATA.words.conclusion.map((line, place) => el("p", { class: place ? "rests" : "lead" }, line))),
    componentsSection(),
    causesSection(),
    largestSection(),
    leftOutSection(),
    othersSection(),
    unreadSection(),
  );
}
