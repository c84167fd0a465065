// The first view, and the sources of all amounts.

const everySchool = () => schools.code.map((_, school) => school);

function homeView() {
  const found = sums(rowsOf(everySchool()));
  const parts = [...found].map(([currency, sum]) => [
    totalBlock(sum, currency, DATA.rests[DATA.all[currency]], everySchool()),
    section(`Bedragen in ${DATA.words.currencies[currency][1]}`, sumsTable(sum, currency)),
  ]);
  return el(
    "article",
    null,
    el("h1", { tabindex: "-1" }, `Wat krijgt een school uit het NP Onderwijs in ${DATA.schoolYear}?`),
    el(
      "p",
      { class: "lead" },
      "Zoek hierboven een school en zie de bedragen per onderdeel, de maanden waarin wordt betaald, hoe het is berekend " +
        "en waar dat staat. Of bekijk de totalen per ",
      el("a", { href: "#/besturen" }, "bestuur"),
      " en per ",
      el("a", { href: "#/gemeenten" }, "gemeente"),
      ".",
    ),
    el("h2", null, `Alle scholen samen: ${schoolsText(schools.code.length)}, ${several(boards.name.length, "bestuur", "besturen")}`),
    parts,
    found.size > 1 ? el("p", null, DATA.words.notAdded) : null,
    remarks(everySchool()),
  );
}

function ratesTable() {
  const rows = rules.map((rule) => [
    { head: [rule.component, el("span", { class: "sub" }, rule.schoolType)] },
    [rateText(rule), el("span", { class: "sub" }, rule.unit)],
    rule.statusText,
    [rule.article, ". ", sourceLink(rule.url, rule.source)],
  ]);
  return table("Tarieven en bronnen", [["Onderdeel"], ["Tarief", true], ["Status"], ["Bron"]], rows);
}

function aboutView() {
  const decided = DATA.decisions.map(([name, currency, counted, at]) =>
    el("li", null, `${name} (${DATA.words.currencies[currency][1]}): besloten op ${at}, met de telling van ${counted}`),
  );
  const left = DATA.outside.map(([name, article]) => el("li", null, `${name} `, el("span", { class: "cite" }, article)));
  return el(
    "article",
    null,
    el("h1", { tabindex: "-1" }, "Toelichting en bronnen"),
    section("Waarop de bedragen rusten", restsNotes(), el("ul", null, decided)),
    section("Tarieven", ratesTable()),
    remarks(everySchool()),
    left.length ? section("Wat de informatietool niet toont", el("p", null, DATA.words.outside), el("ul", null, left)) : null,
    section(
      "Over dit bestand",
      el("p", null, `Een school is hier een vestiging. Alleen vestigingen met leerlingen in het besluit staan erin. ${DATA.words.notAdded}`),
      el("p", null, "De termijnen zijn die van het besluit; verrekeningen van eerdere betalingen staan er niet in."),
      el("p", null, "Dit bestand werkt zonder internet en stuurt niets weg. De verwijzingen naar bronnen openen een website."),
      el("p", null, DATA.words.noProduct),
    ),
  );
}
