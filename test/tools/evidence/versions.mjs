/** The packages that are measured. They are installed for a run and removed after it, so that each number has a version. */

export const VERSIONS = {
  '@anthropic-ai/sdk': '1.12.0',
  '@durable-streams/client': '0.2.7',
  '@microsoft/fetch-event-source': '2.0.1',
  '@modelcontextprotocol/sdk': '1.32.2',
  '@tanstack/ai-client': '0.33.2',
  ai: '6.0.326',
  'event-source-plus': '0.1.15',
  eventsource: '4.1.1',
  'eventsource-client': '1.2.0',
  'launchdarkly-eventsource': '2.2.0',
  openai: '6.49.0',
  partysocket: '1.3.0',
  'reconnecting-websocket': '4.4.0',
  ws: '8.23.0',
};
