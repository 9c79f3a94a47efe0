interface Window {
  /** Set by support/silence once the page's wasm has taken it over. */
  __hydrated?: boolean;
  /** Set by hostile text that was executed. */
  __owned?: number;
  /** What support/forms has wait that was to be done in ten seconds. */
  __held?: (() => void)[];
  /** What support/screen-reader heard since the page stood. */
  __heard?: string[];
  /** What support/notice took down: what was told, and how often it was asked whether one may. */
  __told?: string[];
  __asked?: number;
  /** Whether the reader looks at something else. */
  __away?: boolean;
  /** Answers the browser's question as a user does. */
  __leave?: () => Promise<void>;
}
