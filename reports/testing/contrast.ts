/** A piece of text on a page, with the WCAG 2 contrast ratio between the colour of the text and its background. */
export interface Shown {
  text: string;
  /** Tag and classes of the HTML element that contains the text. */
  element: string;
  colour: string;
  ground: string;
  ratio: number;
  /** Whether the text says the result of a case or of the run. */
  verdict: boolean;
}

/**
 * A script that runs in a page and returns every visible text as Shown[], with the colours that the browser computed.
 * The script mixes a transparent background with the background behind it. For a hatched background, the colour with
 * the lowest contrast counts.
 */
export const MEASURE_CONTRAST = `(() => {
  const VERDICTS = '.chip, .mark, .close, .matrix td a, .grid td, .strip span';
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  // The browser itself converts every notation of a colour in CSS into four numbers.
  const rgba = (css) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const luminance = ([r, g, b]) => {
    const [R, G, B] = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * R + 0.7152 * G + 0.0722 * B;
  };
  const ratioOf = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const groundsOf = (element) => {
    const layers = [];
    for (let at = element; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at);
      const base = rgba(style.backgroundColor);
      const hatch = style.backgroundImage.match(/rgba?\\([^)]*\\)|color\\([^)]*\\)/g) ?? [];
      layers.push([base, ...hatch.map((one) => over(rgba(one), base[3] === 0 ? [255, 255, 255] : base)).filter((_, i) => rgba(hatch[i])[3] > 0)]);
      if (base[3] === 1) break;
    }
    let grounds = [[255, 255, 255, 1]];
    for (const [base, ...hatch] of layers.reverse()) {
      grounds = grounds.map((ground) => over(base, ground));
      grounds.push(...hatch);
    }
    return grounds;
  };
  const shown = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const { parentElement: element, textContent } = texts.currentNode;
    const text = textContent.trim();
    if (text === '' || element.closest('script, style, .skip')) continue;
    if (!element.checkVisibility({ checkVisibilityCSS: true })) continue;
    let [opacity, cut] = [1, false];
    for (let at = element; at !== null; at = at.parentElement) {
      opacity *= Number(getComputedStyle(at).opacity);
      // A text that is clipped away completely is visible only to screen readers.
      cut ||= getComputedStyle(at).clipPath === 'inset(50%)';
    }
    if (cut) continue;
    const [r, g, b, a] = rgba(getComputedStyle(element).color);
    const measured = groundsOf(element).map((ground) => [ratioOf(over([r, g, b, a * opacity], ground), ground), ground]);
    const [ratio, ground] = measured.sort(([x], [y]) => x - y)[0];
    shown.push({
      text: text.slice(0, 30),
      element: element.tagName.toLowerCase() + [...element.classList].map((name) => '.' + name).join(''),
      colour: [r, g, b].join(' '),
      ground: ground.slice(0, 3).map(Math.round).join(' '),
      ratio,
      verdict: element.closest(VERDICTS) !== null,
    });
  }
  return shown;
})()`;
