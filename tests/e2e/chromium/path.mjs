// Prints the path of the browser, unpacking it at the first use.
import chromium from "@sparticuz/chromium";

console.log(await chromium.executablePath());
