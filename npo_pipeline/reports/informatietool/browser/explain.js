// The calculation of an amount in sentences, from the numbers of its trace.

function countedText(row, rule) {
  const counted = quantityText(countedOf(row), rule);
  const decision = decisionOf(rule.currency);
  const on = rule.days.length ? `op ${listed(rule.days)} samen` : `op ${decision[2]}`;
  const things = rule.counted[countedOf(row) === 100 ? 0 : 1];
  if (rule.measure === "score") return `De achterstandsscore (met drempel) van deze vestiging is ${counted}.`;
  if (rule.threshold === null) {
    return `Geteld ${on}: ${counted} ${things} (${rule.schoolType}).`;
  }
  const whole = rule.level === "brin" ? "de hele school (alle vestigingen met deze BRIN samen)" : "deze vestiging";
  const above = quantityText(amounts.quantity[row], rule);
  return (
    `Geteld ${on}: ${counted} ${things} op ${whole}. ` +
    `De eerste ${number(rule.threshold)} tellen niet mee, dus ${above} wel.`
  );
}

function productText(row, rule) {
  const product = `${quantityText(amounts.quantity[row], rule)} × ${rateText(rule)}`;
  const amount = money(amounts.cents[row], rule.currency);
  const unrounded = amounts.unrounded[row];
  if (!unrounded) return `${product} = ${amount}.`;
  const how = amounts.shared.includes(row)
    ? "met de vestigingen ervoor één keer afgerond op hele centen"
    : "afgerond op hele centen";
  return `${product} = ${unroundedText(unrounded, rule.currency)}, ${how} ${amount}.`;
}

function paidText(row, rule) {
  const due = instalmentsOf(row);
  const [month, cents] = due[0];
  if (due.length === 1) return `Betaald in één keer, in ${monthText(month)}.`;
  const [until, last] = due.at(-1);
  return (
    `Betaald in ${number(due.length)} termijnen, van ${monthText(month)} tot en met ${monthText(until)}: ` +
    `de eerste is ${money(cents, rule.currency)}, de laatste ${money(last, rule.currency)}.`
  );
}

function explanation(row) {
  const rule = ruleOf(row);
  return [countedText(row, rule), productText(row, rule), paidText(row, rule)].join(" ");
}
