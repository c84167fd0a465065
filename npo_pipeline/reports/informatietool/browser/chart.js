// The instalments as bars. What is drawn is measured in pixels; every amount that is shown is written from cents.

const HEIGHT = 250;
const EDGE = { left: 92, right: 8, top: 12, bottom: 42 };
const widthOf = () => (window.innerWidth < 704 ? 400 : 640);

// A round step such that a handful of lines reaches the highest amount.
function stepOf(highest) {
  let step = 100;
  while (highest > step * 5) step *= String(step).startsWith("2") ? 2.5 : 2;
  return step;
}

// All months from the first to the last, also those in which nothing is paid.
function monthsBetween(first, last) {
  const found = [];
  let [year, month] = first.split("-").map(Number);
  for (let text = first; text <= last; text = `${year}-${String(month).padStart(2, "0")}`) {
    found.push(text);
    month += 1;
    if (month > 12) [year, month] = [year + 1, 1];
  }
  return found;
}

function chartText(due, currency) {
  const parts = due.map(([month, cents]) => `${monthText(month)} ${money(cents, currency)}`);
  return `Staafdiagram van de termijnen: ${listed(parts)}.`;
}

function gridLines(width, top, step, y, currency) {
  const lines = [];
  for (let cents = 0; cents <= top; cents += step) {
    lines.push(
      svg("line", { class: "grid", x1: EDGE.left, x2: width - EDGE.right, y1: y(cents), y2: y(cents) }),
      svg("text", { class: "axis end", x: EDGE.left - 8, y: y(cents) + 4 }, money(cents, currency).replace(/,00$/, "")),
    );
  }
  return lines;
}

function barChart(months, currency) {
  const due = [...months];
  const shown = monthsBetween(due[0][0], due.at(-1)[0]);
  const highest = Math.max(...due.map(([, cents]) => cents), 1);
  const step = stepOf(highest);
  const top = Math.ceil(highest / step) * step;
  const y = (cents) => EDGE.top + (1 - cents / top) * (HEIGHT - EDGE.top - EDGE.bottom);
  const width = widthOf();
  const room = width - EDGE.left - EDGE.right;
  const slot = room / Math.max(shown.length, 3);
  const start = EDGE.left + (room - slot * shown.length) / 2;
  const bar = Math.min(slot * 0.66, 72);
  const bars = shown.map((month, place) => {
    const cents = months.get(month) || 0;
    const middle = start + slot * (place + 0.5);
    const [year, number] = month.split("-");
    return [
      svg("rect", { class: "bar", x: middle - bar / 2, y: y(cents), width: bar, height: y(0) - y(cents) }),
      svg("text", { class: "axis middle", x: middle, y: HEIGHT - 24 }, DATA.words.shortMonths[number - 1]),
      place === 0 || number === "01" ? svg("text", { class: "axis middle", x: middle, y: HEIGHT - 8 }, year) : null,
    ];
  });
  return svg(
    "svg",
    { class: "chart", viewBox: `0 0 ${width} ${HEIGHT}`, role: "img", "aria-label": chartText(due, currency) },
    gridLines(width, top, step, y, currency),
    bars,
  );
}
