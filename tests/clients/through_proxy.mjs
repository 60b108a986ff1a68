// Leads Node's own `fetch` through HTTPS_PROXY, which it would not look at. The clients themselves stay as they are.
import { EnvHttpProxyAgent, setGlobalDispatcher } from 'undici';

setGlobalDispatcher(new EnvHttpProxyAgent());
