/** Made by vite.config.ts. */
declare module 'virtual:statechart' {
  export const statechartSvg: string;
}

/** A style sheet is a side effect of its import. */
declare module '*.css' {}
