// Serves the rendered menu.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";

const html = readFileSync("dist/index.html");
const port = Number(process.env.PORT ?? 8080);

createServer((_, response) => {
  response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
  response.end(html);
}).listen(port, () => console.log(`listening on ${port}`));
