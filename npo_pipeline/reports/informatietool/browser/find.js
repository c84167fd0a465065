// Finding schools, boards and municipalities by what is typed.

const SHOWN = 25;

const plainNames = schools.name.map(plain);
const plainPlaces = schools.places.map(plain);
const plainTowns = municipalities.name.map(plain);
const plainBoards = boards.title.map(plain);
const haystacks = schools.code.map(
  (code, school) =>
    ` ${code.toLowerCase()} ${plainNames[school]} ${plainPlaces[schools.place[school]]} ` +
    `${plainTowns[schools.municipality[school]]} ${boards.name[schools.board[school]]} ` +
    `${plainBoards[schools.board[school]]} `,
);

// The rank of a match: 0 by its code or the start of its name, 1 by whole beginnings of words, 2 otherwise.
function fit(school, text, words) {
  const haystack = haystacks[school];
  for (const word of words) if (!haystack.includes(word)) return -1;
  if (haystack.startsWith(` ${text}`) || plainNames[school].startsWith(text)) return 0;
  return words.every((word) => haystack.includes(` ${word}`)) ? 1 : 2;
}

const inOrder = schools.code.map((_, school) => school).sort((one, other) => (plainNames[one] < plainNames[other] ? -1 : 1));

// All that fit, the best first, and within that by name.
function foundSchools(text) {
  const words = text.split(" ");
  const ranked = [[], [], []];
  for (const school of inOrder) {
    const rank = fit(school, text, words);
    if (rank >= 0) ranked[rank].push(school);
  }
  return ranked.flat();
}

function foundGroups(kind, text) {
  const names = kind === "gemeente" ? plainTowns : boards.name;
  const found = [];
  names.forEach((name, place) => {
    const titled = kind === "bestuur" && text.length > 2 && ` ${plainBoards[place]}`.includes(` ${text}`);
    if ((name && name.startsWith(text)) || titled) found.push(place);
  });
  return found.slice(0, 3).map((place) => ({ kind, place }));
}

// The matches of a text: the first groups and schools to show, and how many schools there are.
function find(query) {
  const text = plain(query);
  if (!text) return { shown: [], count: 0 };
  const found = foundSchools(text);
  const groups = text.length > 1 ? [...foundGroups("gemeente", text), ...foundGroups("bestuur", text)] : [];
  return { shown: [...groups, ...found.slice(0, SHOWN).map((school) => ({ kind: "school", school }))], count: found.length };
}
