/**
 * What the centre crop costs, as a page.
 *
 * @module
 */
import { join } from "@std/path";
import { thumbnailUri } from "../page/media.ts";
import { type Html, html, page, raw, table } from "../page/page.ts";
import { RECALL_HEAD, recallRow } from "../qualitative/words.ts";
import { CROP_FITS, type CropPicture, type CropQuery, type CropResult, type CropSettings } from "./experiment.ts";
import { gainLine, leadOf } from "./crop_table.ts";
import { worstOf } from "./experiment.ts";

/** Longer side of a picture, in pixels. */
const SIDE = 300;

const STYLE = `<style>
.crops { display: grid; grid-template-columns: repeat(auto-fill, minmax(310px, 1fr)); gap: 18px; }
.crops svg { max-width: 100%; height: auto; border-radius: 6px; }
</style>`;

/**
 * The queries that lose most, each with its picture and the window of the crop, as one HTML file.
 *
 * @param folder the data set's folder, seen from here. Default as the result names it.
 */
export async function cropPage(
  { model, top }: CropSettings,
  result: CropResult,
  folder: string = result.dataFolder,
): Promise<string> {
  const worst = worstOf(result.queries, top);
  const part = async (way: CropQuery["direction"], title: string): Promise<Html> => {
    const cards = [];
    for (const query of worst.filter(({ direction }) => direction === way)) {
      cards.push(await card(query, result, folder));
    }
    return cards.length === 0 ? html`` : html`
      <h2>${title}</h2>
      <div class="crops">${cards}</div>
    `;
  };
  const lead = html`${raw(STYLE)}<p>${leadOf(result, model.config.dataRoot)}</p>
${table(["fit", ...RECALL_HEAD.slice(1)], CROP_FITS.map((fit) => recallRow(fit, result.recall[fit])))}
<p>${gainLine(result)}</p>
${worst.length === 0 ? html`<p>No query is found later under 'crop' than under 'pad'.</p>` : ""}`;
  const body = html`${await part("speech2image", "Recordings whose picture is found later when it is cropped")}
${await part("image2speech", "Pictures whose recording is found later when they are cropped")}`;
  return await page("Centre crop: what is lost at the edges", lead, body);
}

async function card(
  { direction, id, imageId, ranks, loss }: CropQuery,
  result: CropResult,
  folder: string,
): Promise<Html> {
  const picture = result.pictures[imageId]!;
  const heard = direction === "speech2image" ? result.transcripts[id] : undefined;
  return html`<div>${await drawn(picture, join(folder, picture.file))}<h3>${id}</h3>
<p class="soft">place ${ranks.crop} cropped, ${ranks.pad} with bars, ${ranks.squash} squeezed: ${loss} lost;
${(100 * picture.cut).toFixed(0)} % of ${picture.width} x ${picture.height} pixels cut away</p>
${heard === undefined ? "" : html`<p>heard: <q>${heard}</q></p>`}</div>`;
}

/** The picture with what is cut away darkened and the window framed. */
async function drawn({ width, height, kept }: CropPicture, path: string): Promise<Html> {
  const scale = SIDE / Math.max(width, height);
  const [w, h] = [width * scale, height * scale];
  const [x, y, across, down] = [kept.left * w, kept.top * h, kept.width * w, kept.height * h];
  const fixed = (value: number) => value.toFixed(1);
  const uri = await thumbnailUri(path, 2 * SIDE);
  if (uri === undefined) return html`<p class="soft">the picture ${path} cannot be read</p>`;
  return html`
    <svg viewBox="0 0 ${fixed(w)} ${fixed(h)}" width="${fixed(w)}" height="${fixed(h)}" role="img"
      aria-label="the picture with the window of the crop">
      <image href="${uri}" width="${fixed(w)}" height="${fixed(h)}" />
      <path fill="#000" fill-opacity="0.6" fill-rule="evenodd"
        d="M0 0H${fixed(w)}V${fixed(h)}H0ZM${fixed(x)} ${fixed(y)}h${fixed(across)}v${fixed(down)}h${fixed(
          -across,
        )}Z" />
      <rect x="${fixed(x + 1)}" y="${fixed(y + 1)}" width="${fixed(across - 2)}" height="${fixed(
        down - 2,
      )}" fill="none" stroke="#ffb000"
        stroke-width="2" />
    </svg>
  `;
}
