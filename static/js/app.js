// Starts what the page at hand needs.
import { watchBrake } from "./brake.js";
import { watchThemeButton } from "./chooser.js";
import { startClock } from "./clock.js";
import { watchEditor } from "./editor.js";
import { watchGrant } from "./grant.js";
import { watchKeys } from "./keys.js";
import { Live } from "./live.js";
import { register as watchPasskeys } from "./passkey.js";
import { watchDraft } from "./policy.js";
import { watchBench } from "./policy_bench.js";
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
watchEditor();
watchPasskeys();
watchBrake(live);
watchGrant();
watchDraft();
watchBench();
live.start();
