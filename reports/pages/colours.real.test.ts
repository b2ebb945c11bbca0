import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWithChromium, launch, watchedPage } from '../testing/chromium.ts';
import { MEASURE_CONTRAST, type Shown } from '../testing/contrast.ts';
import { pagesOnDisk } from '../testing/pages-on-disk.ts';
import { sampleReport } from '../testing/sample.ts';
import { PAGES } from '../testing/sample-pages.ts';
import { closeGradeFaces, gradeFaces } from '../wording/outcome.ts';
import { casePath } from '../wording/views.ts';
import { type Face, MISSING_FACE, SKIPPED_FACE, VERDICT_FACES } from '../wording/vocabulary.ts';

const { at } = pagesOnDisk('colours-real-');

const CHIPS: readonly Face[] = [
  ...gradeFaces(sampleReport.suites),
  ...closeGradeFaces(sampleReport.suites),
  MISSING_FACE,
  SKIPPED_FACE,
];
const FACES = [
  ...CHIPS.map((face) => ({ ...face, kind: 'chip' })),
  ...Object.values(VERDICT_FACES).map((face) => ({ ...face, kind: 'mark' })),
];
/** The paths of all case pages. Every grade and every verdict is on at least one of these pages. */
const CASES = sampleReport.agents.flatMap(({ slug }) =>
  sampleReport.cases.map(({ id }) => `sample/${casePath(slug, id)}`),
);

/** A picture as grey values from 0 to 1, row by row, and the largest distance of a pixel colour from grey. */
interface Picture {
  width: number;
  greys: readonly number[];
  tint: number;
}

describeWithChromium('the colours of the pages in Chromium', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await launch();
  });
  afterAll(async () => {
    await browser?.close();
  });

  it('have a contrast of 4.5 : 1 for every text (AA) and 7 : 1 for every verdict (AAA), in light, in dark and in print', async () => {
    let [texts, verdicts] = [0, 0];
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, close } = await watchedPage(browser, { colorScheme });
      for (const path of PAGES) {
        await page.goto(at(path));
        await page.evaluate('for (const fold of document.querySelectorAll("details")) fold.open = true');
        for (const media of ['screen', 'print'] as const) {
          await page.emulateMedia({ media, colorScheme });
          const shown = await page.evaluate<Shown[]>(MEASURE_CONTRAST);
          texts += shown.length;
          verdicts += shown.filter(({ verdict }) => verdict).length;
          expect(
            shown.filter(({ ratio, verdict }) => ratio < (verdict ? 7 : 4.5)),
            `${path}, ${colorScheme}, ${media}`,
          ).toEqual([]);
        }
      }
      await close();
    }
    console.log(`contrast: ${texts} texts, ${verdicts} of them verdicts`);
    expect(verdicts).toBeGreaterThan(500);
  });

  it('are measured correctly: grey on grey is found, also on a transparent background', async () => {
    const { page, close } = await watchedPage(browser);
    await page.setContent(
      '<body style="background:#fff"><p style="color:#777">a</p><p style="background:#00000080;color:#fff">b</p>',
    );
    const shown = await page.evaluate<Shown[]>(MEASURE_CONTRAST);
    // The text in #777 on white has the contrast ratio 4.48. White text on half-transparent black has the ratio of
    // white on #7f7f7f.
    expect(shown.map(({ ratio }) => Math.round(ratio * 100) / 100)).toEqual([4.48, expect.closeTo(3.98, 1)]);
    await close();
  });

  it.each(['achromatopsia', 'deuteranopia', 'protanopia'] as const)(
    'distinguish all verdicts by glyph and word for readers with %s',
    async (type) => {
      const { page, close } = await watchedPage(browser);
      const devtools = await page.context().newCDPSession(page);
      const seen = new Map<string, { glyph: string; word: string; picture: Picture }>();
      for (const path of CASES) {
        await page.goto(at(path));
        await devtools.send('Emulation.setEmulatedVisionDeficiency', { type });
        for (const element of await page.locator('.chip, .mark:not(a)').all()) {
          const key = await element.evaluate(
            (one: { className: string; textContent: string | null }) => `${one.className} ${one.textContent}`,
          );
          if (seen.has(key)) continue;
          const glyph = element.locator('b');
          const picture = await pictureOf(page, await glyph.screenshot());
          const text = (await element.textContent()) ?? '';
          const sign = (await glyph.textContent()) ?? '';
          seen.set(key, { glyph: sign, word: text.replace(sign, '').trim(), picture });
        }
      }
      await close();
      const all = [...seen.values()];
      for (const { glyph, word, kind } of FACES)
        expect(
          [...seen].some(([key, one]) => key.startsWith(kind) && one.glyph === glyph && one.word === word),
          `${kind} ${word}`,
        ).toBe(true);
      for (const { picture, glyph, word } of all) {
        if (type === 'achromatopsia') expect(picture.tint, word).toBeLessThanOrEqual(2 / 255);
        // The glyph must be visible by brightness alone, for readers who see no colours.
        const [dark, light] = [Math.min(...picture.greys), Math.max(...picture.greys)];
        expect((light + 0.05) / (dark + 0.05), `${glyph} ${word}`).toBeGreaterThan(4.5);
      }
      // Two grades may have the same glyph only if their words have a common first character or a common word.
      for (const [i, one] of all.entries())
        for (const other of all.slice(i + 1)) {
          if (one.glyph === other.glyph) continue;
          expect(
            unlike(one.picture, other.picture),
            `${one.glyph} ${one.word}, ${other.glyph} ${other.word}`,
          ).toBeGreaterThan(0.2);
        }
      const glyphs = new Set(CHIPS.map(({ glyph }) => glyph));
      expect(glyphs.size).toBe(8);
    },
  );

  it.each(
    (['light', 'dark'] as const).flatMap((colorScheme) =>
      (['achromatopsia', 'deuteranopia', 'protanopia'] as const).map((type) => [colorScheme, type] as const),
    ),
  )('distinguish all grades of a chart in %s for readers with %s', async (colorScheme, type) => {
    const { page, close } = await watchedPage(browser, { colorScheme });
    const devtools = await page.context().newCDPSession(page);
    await page.goto(at('sample/history.html'));
    await devtools.send('Emulation.setEmulatedVisionDeficiency', { type });
    const parts: { tone: string; picture: Picture }[] = [];
    for (const { tone } of [...gradeFaces(sampleReport.suites), MISSING_FACE]) {
      const key = page.locator(`.key:has(.${tone})`).first();
      parts.push({ tone, picture: await pictureOf(page, await key.screenshot()) });
      // The legend and the chart must show a grade with the same fill.
      const look = (of: string) =>
        page.evaluate<string>(
          `(({ fill, strokeDasharray }) => fill + strokeDasharray)(getComputedStyle(document.querySelector('${of} .${tone}')))`,
        );
      expect(await look('.chart'), tone).toBe(await look('.key'));
    }
    for (const [i, one] of parts.entries())
      for (const other of parts.slice(i + 1)) {
        const [a, b] = [one.picture, other.picture].map(tellingOf);
        const names = `${one.tone}, ${other.tone}`;
        if (a?.kind === 'full' && b?.kind === 'full') expect(ratio(a.mean, b.mean), names).toBeGreaterThan(3);
        else if (a?.kind === b?.kind) expect(unlike(one.picture, other.picture), names).toBeGreaterThan(0.2);
      }
    expect(Object.fromEntries(parts.map(({ tone, picture }) => [tone, tellingOf(picture).kind]))).toEqual({
      ok: 'full',
      nonstrict: 'pattern',
      info: 'pattern',
      unimplemented: 'pattern',
      failed: 'full',
      missing: 'pattern',
    });
    await close();
  });
});

/** Returns the contrast ratio of two grey values, which are numbers from 0 to 1. */
function ratio(a: number, b: number): number {
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Describes how an area looks without colours: a pattern with a contrast of at least 3 : 1, or one uniform grey. */
function tellingOf({ greys, width }: Picture): { kind: 'full' | 'pattern'; mean: number } {
  // The pixels at the edge are left out, because the browser may have mixed them with the neighbouring area.
  const within = greys.filter(
    (_, i) => i >= width && i < greys.length - width && i % width > 0 && i % width < width - 1,
  );
  const mean = within.reduce((sum, grey) => sum + grey, 0) / within.length;
  const isFull = within.every((grey) => ratio(grey, mean) < 1.1);
  if (!isFull) expect(ratio(Math.max(...within), Math.min(...within))).toBeGreaterThan(3);
  return { kind: isFull ? 'full' : 'pattern', mean };
}

/** Decodes a PNG image in the browser, on a separate page. */
async function pictureOf(page: Page, png: Buffer): Promise<Picture> {
  const decoder = await page.context().newPage();
  try {
    return await decoder.evaluate<Picture>(`(async () => {
      const bitmap = await createImageBitmap(await (await fetch('data:image/png;base64,${png.toString('base64')}')).blob());
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
      canvas.drawImage(bitmap, 0, 0);
      const { data } = canvas.getImageData(0, 0, bitmap.width, bitmap.height);
      const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
      const greys = [];
      let tint = 0;
      for (let i = 0; i < data.length; i += 4) {
        const [r, g, b] = [data[i] / 255, data[i + 1] / 255, data[i + 2] / 255];
        greys.push(0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b));
        tint = Math.max(tint, Math.abs(r - g), Math.abs(g - b));
      }
      return { width: bitmap.width, greys, tint };
    })()`);
  } finally {
    await decoder.close();
  }
}

/**
 * Compares two glyphs or patterns. Returns the share of their ink, from 0 to 1, that they do not have in common. Ink
 * means the pixels on the rarer side of the middle grey.
 */
function unlike(a: Picture, b: Picture): number {
  const ink = ({ greys, width }: Picture) => {
    const middle = (Math.min(...greys) + Math.max(...greys)) / 2;
    const isLight = greys.filter((grey) => grey < middle).length > greys.length / 2;
    return new Set(
      greys.flatMap((grey, i) => (grey < middle !== isLight ? [`${i % width} ${Math.floor(i / width)}`] : [])),
    );
  };
  const [one, other] = [ink(a), ink(b)];
  const common = [...one].filter((place) => other.has(place)).length;
  return 1 - common / (one.size + other.size - common);
}
