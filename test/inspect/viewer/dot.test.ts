/** The statechart as DOT: what Graphviz makes of it has one element per state, whatever the names are. */

import { Graphviz } from '@hpcc-js/wasm-graphviz';
import { createMachine } from 'xstate';
import { beforeAll, describe, expect, it } from 'vitest';
import { reconnectMachine } from '../../../machines/index.js';
import { activeStates, eventsOf, readChart } from '../../../src/inspect/viewer/model/chart.js';
import { edgeElementId, stateElementId, toDot } from '../../../src/inspect/viewer/model/dot.js';

let graphviz: Graphviz;
beforeAll(async () => (graphviz = await Graphviz.load()));

const PLAYER = createMachine({
  id: 'player',
  initial: 'off',
  states: {
    off: { on: { power: 'on' } },
    on: {
      initial: 'quiet',
      on: { power: 'off' },
      after: { 5000: 'off' },
      states: {
        quiet: { on: { louder: 'loud' } },
        loud: { always: { guard: 'late', target: 'quiet' } },
      },
    },
  },
});

function draw(definition: object): string {
  return graphviz.dot(toDot(definition)).replaceAll('&#45;', '-');
}

function idsIn(svg: string, className: string): string[] {
  const found = svg.matchAll(new RegExp(`<g id="([^"]*)" class="[a-z]+ ${className}[ "]`, 'gu'));
  return Array.from(found, ([, id = '']) => id);
}

describe('toDot', () => {
  it('gives every state of the reconnect machine an element, and an edge to where it leads', () => {
    const svg = draw(reconnectMachine.definition);
    const states = Object.keys(reconnectMachine.definition.states);
    expect(idsIn(svg, 'state').toSorted()).toEqual(
      states.map((key) => stateElementId(`reconnect.${key}`)).toSorted(),
    );
    const edges = idsIn(svg, 'edge');
    expect(new Set(edges).size).toBe(edges.length);
    expect(edges).toContain(edgeElementId('reconnect.connected', 'reconnect.waiting'));
    expect(edges).toContain(edgeElementId('reconnect', 'reconnect.paused'));
  });

  it('draws the JSON of a definition as it draws the definition', () => {
    const json = JSON.parse(JSON.stringify(reconnectMachine.definition)) as object;
    expect(toDot(json)).toBe(toDot(reconnectMachine.definition));
  });

  it('draws nested states as clusters, with ids of their own', () => {
    const svg = draw(PLAYER.definition);
    expect(idsIn(svg, 'state').toSorted()).toEqual(
      ['player.off', 'player.on', 'player.on.loud', 'player.on.quiet'].map(stateElementId),
    );
    expect(svg).toContain('after 5000 ms');
  });

  it.each([
    '"',
    '\\',
    '\\N',
    '"];evil[label="',
    '<b>',
    '&amp;',
    '</svg><script>',
    '\u202e',
    'a\nb',
  ])('takes a name literally: %j', (name) => {
    const definition = {
      id: 'm',
      type: 'compound',
      states: { [name]: { id: `m.${name}`, key: name } },
    };
    const svg = draw(definition);
    expect(idsIn(svg, 'state')).toEqual([stateElementId(`m.${name}`)]);
    expect(svg).not.toContain('<script');
    expect(svg).not.toContain('evil"');
    expect(svg).not.toContain('\u202e');
  });

  it.each([{}, { states: null }, { states: { a: 7 } }, { states: { a: { transitions: 'x' } } }])(
    'survives what is no definition: %j',
    (definition) => expect(() => draw(definition)).not.toThrow(),
  );
});

describe('a chart', () => {
  it('knows the active states of a value, nested and parallel', () => {
    const chart = readChart(PLAYER.definition);
    expect(activeStates(chart, 'off')).toEqual(['player', 'player.off']);
    expect(activeStates(chart, { on: 'loud' })).toEqual(['player', 'player.on', 'player.on.loud']);
  });

  it('names the events that a person can send', () => {
    expect(eventsOf(readChart(PLAYER.definition))).toEqual(['power', 'louder']);
  });
});
