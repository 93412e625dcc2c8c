/** The comparison in the README: some rows and columns of the matrix in docs/evidence.md, as they stand there. */

/** Names of rows in the matrix, and what the README calls them. */
const ROWS = new Map([
  ['**sse()**', '**`sse()`**'],
  ['**openaiResponses()**', '**`openaiResponses()`**'],
  ['**openaiChat()**', '**`openaiChat()`**'],
  ['**webSocket()**', '**`webSocket()`**'],
  ['eventsource', 'eventsource'],
  ['eventsource-client', 'eventsource-client'],
  ['@microsoft/fetch-event-source', '@microsoft/fetch-event-source'],
  ['partysocket', 'partysocket'],
  ['reconnecting-websocket', 'reconnecting-websocket'],
  ['@modelcontextprotocol/sdk', '@modelcontextprotocol/sdk'],
  ['ai · Chat, DefaultChatTransport', 'ai, `DefaultChatTransport`'],
  ['openai · responses.create()', 'openai, `responses.create()`'],
  ['openai · chat.completions.create()', 'openai, `chat.completions.create()`'],
  ['@anthropic-ai/sdk · messages.stream()', '@anthropic-ai/sdk, `messages.stream()`'],
]);

const COLUMNS = [
  'reset',
  'clean EOF',
  'stall',
  'second drop',
  'retry: 0',
  'cut tool call',
  'POST, cut answer',
  'POST, no answer',
];

/** Where the README has it. */
const MARKERS = ['<!-- compared: made by npm run evidence -->\n', '<!-- /compared -->'];

/** @param evidence the text of docs/evidence.md */
export function digest(evidence) {
  const [head = [], , ...rows] = matrixOf(evidence);
  const columns = COLUMNS.map((title) => ({ title, at: head.indexOf(title) }));
  const missing = columns.filter(({ at }) => at < 0);
  if (missing.length > 0) throw new Error(`no column ${missing[0].title} in docs/evidence.md`);
  const lines = [...ROWS].map(([name, shown]) => {
    const row = rows.find(([client]) => client === name);
    if (row === undefined) throw new Error(`no row ${name} in docs/evidence.md`);
    return lineOf([shown, ...columns.map(({ at }) => row[at])]);
  });
  const titles = columns.map(({ title }) => title);
  return [
    lineOf(['client', ...titles]),
    lineOf(['---', ...titles.map(() => '---')]),
    ...lines,
  ].join('\n');
}

/** The README with the comparison of now. */
export function withDigest(readme, evidence) {
  const [begin, end] = MARKERS;
  const from = readme.indexOf(begin) + begin.length;
  return `${readme.slice(0, from)}\n${digest(evidence)}\n\n${readme.slice(readme.indexOf(end))}`;
}

function matrixOf(evidence) {
  const part = evidence.split('## The matrix')[1]?.split('\n## ')[0] ?? '';
  const lines = part.split('\n').filter((line) => line.startsWith('|'));
  return lines.map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

function lineOf(cells) {
  return `| ${cells.join(' | ')} |`;
}
