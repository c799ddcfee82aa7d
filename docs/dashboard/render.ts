/** Draws the picture of the dashboard that the documentation shows: `npm run docs:dashboard`. */
import { writeFile } from 'node:fs/promises';
import { drawDashboard } from './picture.ts';

await writeFile(new URL('../dashboard.svg', import.meta.url), drawDashboard());
