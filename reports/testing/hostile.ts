/**
 * About 300 strings that try to break out of pages, documents or logs. Each attack is combined with each text that
 * could end the surrounding context, for example a quote or a tag. The tests of the renderers use these strings.
 */

const WAYS_IN = [
  '<script>alert(1)</script>',
  '<ScRiPt src=//x.example></sCrIpT>',
  '<img src=x onerror=alert(1)>',
  '<svg/onload=alert(1)>',
  '<svg><animate onbegin=alert(1)></svg>',
  '<iframe srcdoc="<script>alert(1)</script>">',
  '<details open ontoggle=alert(1)>',
  '<a href="javascript:alert(1)">x</a>',
  '<base href=//x.example>',
  '<meta http-equiv=refresh content=0;url=//x.example>',
  '<link rel=stylesheet href=//x.example>',
  '<style>*{display:none}</style>',
  '<form action=//x.example><input name=x></form>',
  '<math><mtext><table><mglyph><style><img src onerror=alert(1)>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<!-- --!><img src=x onerror=alert(1)>',
  ' onmouseover=alert(1) x=',
  ' autofocus onfocus=alert(1)',
  'javascript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  '{{constructor.constructor("alert(1)")()}}',
  '{{{this}}} {{&this}} {{> layout}}',
  '__proto__ constructor toString',
  '%CSS% %JS_HASH%',
  '&lt;script&gt; &#60;script&#62; &#x3c;',
  '\u202e<img src=x onerror=alert(1)>\u2066',
  '\0<script>alert(1)</script>',
  '\ud800<script>\udc00',
  '\u2028alert(1)\u2029',
  '+ADw-script+AD4-alert(1)',
] as const;

const WAYS_OUT = [
  '',
  '"',
  "'",
  '`',
  '">',
  "'>",
  '-->',
  '</title></style></script></pre></textarea>',
  ']]>',
  '\n\n::error::',
] as const;

/** The combination of every attack with every text that could end the surrounding context. */
export const HOSTILE_STRINGS: readonly string[] = WAYS_OUT.flatMap((out) => WAYS_IN.map((way) => out + way));

/** The keys of a document whose values this tool chooses itself. The text of all other keys can come from strangers. */
const OURS_TO_CHOOSE =
  /^(id|slug|root|verdict|verdicts|grades|change|behavior|behaviorClose|kind|at|toward|decision|row|direction|timer)$/;

/** Makes a copy of a document in which every text that can come from strangers is replaced by `words`. */
export function filledWith<T>(document: T, words: string): T {
  const fill = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return OURS_TO_CHOOSE.test(key) ? value : words;
    if (Array.isArray(value)) return value.map((inner) => fill(inner, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, fill(inner, name)]));
  };
  return fill(document, '') as T;
}
