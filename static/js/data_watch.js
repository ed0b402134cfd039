// Keeps open imports current while the socket is down: each is asked for every two seconds.
import { ApiError } from "./api.js";
import { isImporting } from "./data_words.js";

const pollMilliseconds = 2_000;

// A change of the title has no event, so a returning page reads what it shows once more.
export class ImportWatch {
  constructor({ datasets, call, isLive }) {
    Object.assign(this, { datasets, call, isLive, isReading: false });
  }

  start() {
    setInterval(() => this.isLive() || this.readOpen(), pollMilliseconds);
  }

  async readOpen() {
    if (this.isReading) return;
    this.isReading = true;
    for (const { id } of this.datasets.all().filter(isImporting)) await this.read(id);
    this.isReading = false;
  }

  async read(id) {
    try {
      this.datasets.put(await this.call("GET", `datasets/${id}/`));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 404) this.datasets.remove(id);
    }
  }
}
