// Values in the notation of `npo_pipeline.dutch`, which comes with the data.
// Money is whole cents and stays so: text is made by cutting digits, never by dividing.

const SPACE = "\u00a0";

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, DATA.words.thousands);

function joined(whole, rest) {
  return grouped(whole) + (rest ? DATA.words.decimalPoint + rest : "");
}

// A whole number of 0.1^places, with at least `least` decimals.
function decimal(value, places, least) {
  const digits = String(Math.abs(value)).padStart(places + 1, "0");
  const rest = digits.slice(-places).replace(/0+$/, "").padEnd(least, "0");
  return (value < 0 ? "-" : "") + joined(digits.slice(0, -places), rest);
}

function signed(currency, text) {
  return DATA.words.currencies[currency][0] + SPACE + text;
}

const money = (cents, currency) => signed(currency, decimal(cents, 2, 2));
const rateText = (rule) => signed(rule.currency, decimal(rule.rate, 8, 2));
const quantityText = (hundredths, rule) => decimal(hundredths, 2, rule.decimals);
const number = (count) => grouped(String(count));

// Text such as 8293.3032000000, as the books hold what was not yet rounded.
function unroundedText(text, currency) {
  const [whole, rest] = text.split(".");
  return signed(currency, joined(whole, rest.replace(/0+$/, "").padEnd(2, "0")));
}

function monthText(month) {
  const [year, place] = month.split("-");
  return `${DATA.words.months[Number(place) - 1]} ${year}`;
}

const several = (count, one, more) => `${number(count)} ${count === 1 ? one : more}`;
const schoolsText = (count) => several(count, "school", "scholen");

function listed(items) {
  if (items.length < 2 || items.some((item) => item.includes(` ${DATA.words.conjunction} `))) return items.join(", ");
  return `${items.slice(0, -1).join(", ")} ${DATA.words.conjunction} ${items.at(-1)}`;
}

// A text without accents, capitals and signs, as it is searched.
function plain(text) {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f'’`]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, " ")
    .trim();
}
