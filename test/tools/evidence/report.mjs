/** The document: what was measured, how it was judged, and what each cell showed. */

import { cpus, platform, arch } from 'node:os';

import { SIGNS } from './chart.mjs';
import { PATIENCE_MS } from './columns.mjs';
import { nameOfRow } from './rows.mjs';
import { RULE } from './verdict.mjs';
import { VERSIONS } from './versions.mjs';

export function report(result) {
  return `${[
    '# Evidence',
    '',
    '[Documentation](README.md)',
    '',
    'What clients of streams do when the line breaks, measured. Each client reads the same 20 words from a server on loopback that breaks in one way; what its reader saw is counted, and one rule judges the counts. This page and the picture are written by `npm run evidence`.',
    '',
    '![The matrix as a picture](evidence.svg)',
    '',
    ...conditions(result),
    '## The rule',
    '',
    ...RULE.map((line) => `- ${line}`),
    '',
    '## The faults',
    '',
    ...result.columns.map(({ title, what }) => `- **${title}**: ${what}`),
    '',
    '## The matrix',
    '',
    ...table(result),
    '',
    '## Fairness, and limits',
    '',
    ...FAIRNESS.map((line) => `- ${line}`),
    '',
    '## Cell by cell',
    '',
    ...result.rows.flatMap((row) => details(row, result.matrix)),
  ].join('\n')}`;
}

function conditions({ date, seconds, matrix, rows }) {
  const measured = matrix.filter(({ seen }) => seen !== undefined).length;
  const versions = Object.entries(VERSIONS)
    .filter(([name]) => name !== 'ws')
    .map(([name, version]) => `${name} ${version}`)
    .join(', ');
  return [
    `- **When, where**: ${date}, Node ${process.versions.node} with its fetch (undici ${process.versions.undici}), ${platform()} ${arch()}, ${cpus().length} processors, loopback only.`,
    `- **What**: ${rows.length} rows, ${measured} cells measured in ${seconds} s. Each cell is a process of its own; ${versions}. WebSockets by ws ${VERSIONS.ws}.`,
    '- **Again**: `npm run evidence` in a clone. It installs those versions into a folder that it removes at the end, and writes this page anew. `--row eventsource` or `--column stall` measure a part, and `--json` shows what was observed. Exit code 1 where a row of ours has failed.',
    '',
  ];
}

function table({ columns, rows, matrix }) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  return [
    line(['client', ...columns.map(({ title }) => title)]),
    line(Array.from({ length: columns.length + 1 }, () => '---')),
    ...rows.map((row) =>
      line([
        row.isOurs ? `**${row.title}**` : nameOfRow(row),
        ...matrix.filter((cell) => cell.row.id === row.id).map(cellOf),
      ]),
    ),
  ];
}

function cellOf({ verdict, short }) {
  if (verdict === 'n/a') return short;
  return verdict === 'failed' ? `${SIGNS.failed} **${short}**` : `${SIGNS[verdict]} ${short}`;
}

function details(row, matrix) {
  const cells = matrix.filter((cell) => cell.row.id === row.id);
  const isMeasured = ({ seen }) => seen !== undefined;
  const others = cells.filter((cell) => !isMeasured(cell));
  const reasons = [...new Set(others.map(({ detail }) => detail))];
  return [
    `### ${nameOfRow(row)}`,
    '',
    ...cells
      .filter(isMeasured)
      .map(({ column, verdict, detail }) => `- ${column.title}: ${verdict}. ${sentence(detail)}`),
    ...reasons.map((reason) => {
      const titles = others
        .filter(({ detail }) => detail === reason)
        .map(({ column }) => column.title);
      return `- n/a (${reason}): ${titles.join(', ')}.`;
    }),
    '',
  ];
}

function sentence(detail) {
  const text = detail.replaceAll('|', '\\|').replaceAll('<', '&lt;');
  return `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;
}

const FAIRNESS = [
  "Each client is used as its own documents show. Where it has an option that bears on a fault, a second row names the option. Our own rows use `stallTimeoutMs: 2000` and `connectTimeoutMs: 2000` in place of 45 s and 10 s, `initialBackoffMs: 100` and `jitter: 'none'`, and the defaults for all else; one row of `sse()` has the defaults throughout. The sources of models have no `continueWith`.",
  'An option that keeps a POST from being sent again is measured in the columns about a POST alone where it bears on nothing else, or where with it a GET does not go on after a cut either.',
  'Waiting is not what is measured: the server says `retry: 100` where the protocol has that field, and clients with an option for the first delay get 100 ms, but in the row of our defaults and in the columns of the storm and of the quiet feed, where all delays are the defaults.',
  `A cell is watched for ${PATIENCE_MS / 1_000} s, those of the quiet feed for 720 s: longer than our defaults need, and than the request timeout of the MCP SDK, 60 s. What a client would do later is not seen: fetch in Node ends a silent body after 300 s, and the timeout of openai and @anthropic-ai/sdk, 10 minutes, ends with the head of the answer.`,
  'A cell whose process got no processor for 300 ms at a time is measured again, but in the columns stall and half-open, as is one that had to be killed: at most twice.',
  'An answer of 200 with an empty body, again and again, may be taken for a working server; the standard of EventSource lets a client wait longer than it is asked to, and asks for no limit. That a flood is a failure is our judgement.',
  'The standard of EventSource makes any status but 200 final: for eventsource a 503 is an end by the book, and it says so. That is reported, not failed.',
  'EventSource and its kin have no end marker. The reader closes at `[DONE]`, as is common for answers of models; where the client reports a clean end by itself, it is taken at its word.',
  'Called complete is what a loop of the README of a client comes to: it ends without an error. A reader who looks at one thing more would notice, and the rows with `needs` look: `[DONE]` for @microsoft/fetch-event-source, `finish_reason` for `chat.completions.create()`, the event `response.completed` for `responses.create()`, `message_stop` for `messages.create()`, `finishReason` in `onFinish` for the AI SDK. event-source-plus with `on-error` has no such row: there too a reader who asks for `[DONE]` would know.',
  'The reader of the first row of the AI SDK looks at `isError` and `isDisconnect` in `onFinish`, as the example of its chatbot page does; `finishReason` is in the reference of `useChat`.',
  'A WebSocket has no resume of its own. The reader asks for what follows the last word it has on each opening; we do the same by `resumeMessage`. A clean end is close code 1001, since 1000 says that all is done.',
  '@microsoft/fetch-event-source needs a page: `window` and `document` are replaced by the few things it touches. Without them its promise never settles in Node.',
  'The columns about a POST have a server that sends no cursor, as most answers of models: a second POST is a second run, whoever sends it. An answer of the AI SDK may still be replayed by its GET. Where a protocol resumes by a POST with a cursor, as TanStack AI does, the other columns count it as a resume and not as work.',
  'Which calls a reader would run: openai by the finish reason, or by the event of `stream()`; @anthropic-ai/sdk at `content_block_stop`, or by `contentBlock`; the AI SDK by `onToolCall`; TanStack AI by `input-complete`.',
  'In the column of a finish word, a row with `needs` looks whether there is a reason, as its option says, not which one it is: each of these clients gives the reason to a reader who asks for it. In the column of an odd call, the duplicate is what the server sent; a reader who remembers ids would notice.',
  'The AI SDK is driven by the class under its hooks with a plain state. openai is resumed by a loop of ours around `retrieve`, as its guide to background mode shows: what is right there is due to the loop as well.',
  'The MCP server does as `StreamableHTTPServerTransport` with an event store and a `retryInterval`: its POST opens with an event that has an id, `retry:` and no data; a GET with `Last-Event-ID` gets what follows, and no such event; a GET without it is the channel of the server, and a second one gets 409. Such a 409 is a request like any other. The SDK asks without its id when a resumed answer is cut before an event: so it ends in the column of the second drop.',
  'The servers are ours, 20 words in each protocol, not those of the vendors. Numbers of requests in a storm differ from run to run and from machine to machine; the verdicts should not.',
];
