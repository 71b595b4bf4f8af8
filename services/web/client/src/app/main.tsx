/** Starts the client: language first, then the session, then the page. */
import "./mantine.css";
import "./global.css";
import { createRoot } from "react-dom/client";
import { restoreSession } from "../shared/api/session";
import { browserLanguage, chosenLanguage, showLanguage } from "../shared/i18n/language";
import { App } from "./App";

const root = document.getElementById("root");
if (root === null) throw new Error("index.html lacks #root");

const session = restoreSession().catch(() => undefined);
await showLanguage(chosenLanguage() ?? browserLanguage());
await session;
createRoot(root).render(<App />);
