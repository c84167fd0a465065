// One school: its amounts, months of payment, calculations and sources.

function schoolFacts(school) {
  const board = schools.board[school];
  const town = municipalities.name[schools.municipality[school]];
  const facts = [
    ["Vestiging", schools.code[school]],
    ["BRIN", schools.code[school].slice(0, 4)],
    ["Plaats", placeOf(school) || "onbekend"],
    ["Gemeente", el("a", { href: groupLink("gemeente", town) }, town || "onbekend")],
    ["Bestuur", el("a", { href: groupLink("bestuur", boards.name[board]) }, boardTitle(board))],
  ];
  return el("dl", { class: "facts" }, facts.map(([name, value]) => el("div", null, el("dt", null, name), el("dd", null, value))));
}

function componentsSection(sum, currency) {
  const rows = sum.rows.map((row) => {
    const rule = ruleOf(row);
    return [
      { head: [rule.component, el("span", { class: "sub" }, rule.schoolType)] },
      quantityText(amounts.quantity[row], rule),
      [rateText(rule), " ", statusMark(rule), el("span", { class: "sub" }, rule.unit)],
      money(amounts.cents[row], currency),
    ];
  });
  const columns = [["Onderdeel"], ["Aantal", true], ["Tarief", true], ["Bedrag", true]];
  const foot = [[{ head: "Totaal" }, "", "", money(sum.total, currency)]];
  return section("Bedragen per onderdeel", table("Onderdelen", columns, rows, foot));
}

// On paper an address is written out, the first time that it is named.
function explanationSection(sum) {
  const named = new Set();
  const items = sum.rows.map((row) => {
    const rule = ruleOf(row);
    const item = [
      el("dt", null, `${rule.component} (${rule.schoolType})`),
      el(
        "dd",
        null,
        el("p", null, explanation(row)),
        el("p", { class: named.has(rule.url) ? "cite" : "cite first" }, `Bron: ${rule.article}. `, sourceLink(rule.url, rule.source), " ", statusMark(rule)),
      ),
    ];
    named.add(rule.url);
    return item;
  });
  return section("Hoe is dit berekend", el("dl", { class: "explained" }, items));
}

function schoolView(school) {
  const found = sums(amountsOf[school]);
  const parts = [...found].map(([currency, sum]) => [
    totalBlock(sum, currency, restsOf(schools, school, currency), [school]),
    componentsSection(sum, currency),
    instalmentsSection(sum, currency),
    explanationSection(sum),
    el("p", { class: "basis" }, basisText(currency)),
  ]);
  return el(
    "article",
    { class: "school" },
    el("div", { class: "head" }, el("h1", { tabindex: "-1" }, nameOf(school)), printButton()),
    schoolFacts(school),
    found.size ? parts : el("p", { class: "total none" }, "Voor deze school is geen bedrag te berekenen."),
    remarks([school]),
  );
}
