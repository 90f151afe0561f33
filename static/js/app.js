// Starts what the page at hand needs.
import { watchThemeButton } from "./chooser.js";
import { startClock } from "./clock.js";
import { watchKeys } from "./keys.js";
import { Live } from "./live.js";
import { watchQueue } from "./queue.js";
import { watchRequest } from "./request.js";
import { watchRows } from "./rows.js";

const live = new Live();
startClock();
watchThemeButton();
watchKeys();
watchRows();
watchQueue(live);
watchRequest(live);
live.start();
