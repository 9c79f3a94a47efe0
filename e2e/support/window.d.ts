interface Window {
  /** Set by support/silence once the page's wasm has taken it over. */
  __hydrated?: boolean;
  /** Set by hostile text that was executed. */
  __owned?: number;
}
