// Parts that the views share.

// The total and, always beside it, the assumptions behind it.
function totalBlock(sum, currency, [rests], many) {
  return el(
    "div",
    { class: "total" },
    el("p", { class: "amount" }, el("span", { class: "label" }, `Totaal ${DATA.schoolYear}`), money(sum.total, currency)),
    el("p", { class: "rests" }, rests),
    gapsOf(many).length ? el("p", { class: "rests" }, "Dit totaal is onvolledig: zie “Niet meegerekend” hieronder.") : null,
  );
}

// The totals of a line in a list, each with its weakest status in two words, and marked where it is incomplete.
function totalCells(many, those, place, none = "niet bekend") {
  const lacking = gapsOf(many).length ? "onvolledig" : "";
  const found = totals(rowsOf(many)).map(([currency, cents]) => {
    const [, mark] = restsOf(those, place, currency);
    const said = [mark, lacking].filter(Boolean).join(", ");
    return el("span", { class: "sum" }, money(cents, currency), " ", said ? el("span", { class: "sub" }, said) : null);
  });
  return found.length ? found : none;
}

// The assumptions behind all amounts together, per currency.
function restsNotes() {
  const found = Object.entries(DATA.all);
  return found.map(([currency, place]) => {
    const which = found.length > 1 ? `Bedragen in ${DATA.words.currencies[currency][1]}: ` : "";
    return el("p", { class: "rests" }, which + DATA.rests[place][0]);
  });
}

function statusMark(rule) {
  return rule.status === "published" ? null : el("span", { class: "mark" }, rule.statusText);
}

function instalmentsSection(sum, currency) {
  const months = monthsOf(sum.rows);
  const rows = [...months].map(([month, cents]) => [{ head: monthText(month) }, money(cents, currency)]);
  return section(
    "Wanneer wordt betaald",
    el(
      "div",
      { class: "beside" },
      table("Termijnen", [["Maand"], ["Bedrag", true]], rows, [[{ head: "Totaal" }, money(sum.total, currency)]]),
      el("figure", null, barChart(months, currency)),
    ),
  );
}

// Amounts per component of a group; of a school each line has its own count and rate.
function sumsTable(sum, currency) {
  const rows = [...sum.components].map(([name, cents]) => [{ head: name }, money(cents, currency)]);
  const foot = [[{ head: "Totaal" }, money(sum.total, currency)]];
  return el("div", { class: "narrow" }, table("Bedragen per onderdeel", [["Onderdeel"], ["Bedrag", true]], rows, foot));
}

function gapsNote(many) {
  const found = gapsOf(many).map((place) => DATA.gaps[place]);
  if (!found.length) return null;
  return el(
    "div",
    { class: "note warn" },
    el("h2", null, "Niet meegerekend, en dus ook niet als nul geteld"),
    el("ul", null, found.map(([text, article]) => el("li", null, `${text} `, el("span", { class: "cite" }, article)))),
  );
}

function hiddenNote(many) {
  const found = hiddenOf(many);
  if (!found.length) return null;
  const whose = many.length === 1 ? "Voor deze school" : "Voor scholen hieronder";
  return el("p", null, `${whose} staat in het besluit ook een bedrag voor ${listed(found).toLowerCase()}; dat is hier niet opgenomen.`);
}

// The remarks beside every amount: omissions, choices, and that the Ofb decides.
function remarks(many) {
  return el(
    "div",
    { class: "remarks" },
    gapsNote(many),
    el("p", null, el("strong", null, DATA.words.ofb)),
    DATA.words.outside ? el("p", null, DATA.words.outside) : null,
    hiddenNote(many),
    DATA.words.notes.map((note) => el("p", null, note)),
  );
}

function printButton() {
  return el("button", { type: "button", class: "print", onclick: () => window.print() }, "Afdrukken");
}

function basisText(currency) {
  const [name, , counted, decided] = decisionOf(currency);
  return `Besluit ${name} van ${decided}, met de telling van ${counted}.`;
}
