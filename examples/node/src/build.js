// Renders the menu once, when the image is built.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { page } from "./page.js";

const dishes = JSON.parse(readFileSync("src/dishes.json", "utf8"));
const template = readFileSync("templates/menu.mustache", "utf8");

mkdirSync("dist", { recursive: true });
writeFileSync("dist/index.html", page(template, dishes));
console.log(`rendered ${dishes.length} dishes`);
