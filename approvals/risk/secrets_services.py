"""Tokens of further services: what each begins with, and its form.

After what the services document and secret scanners publish. One line for each: the
name, the words that it is looked for by, and the pattern.
"""

_TABLE = r"""
GitLab runner token | GR1348941 | GR1348941[\w-]{20}
1Password key | A3- | A3-[A-Z0-9]{6}-[A-Z0-9]{6}-?[A-Z0-9]{5}(?:-[A-Z0-9]{5}){3}
1Password service token | ops_eyJ | ops_eyJ[A-Za-z0-9+/]{200,}+={0,3}
Adafruit key | aio_ | aio_[A-Za-z0-9]{28}
Apify token | apify_api_ | apify_api_[A-Za-z0-9]{30,44}
Artifactory key | AKCp cmVmdGtu | AKCp[A-Za-z0-9]{69}|cmVmdGtu[A-Za-z0-9]{56}
Authress key | sc_ ext_ | (?:sc|ext)_\w{5,30}\.\w{4,6}\.acc[_-][\w-]{8,32}\.[\w-]{9,99}
Bitbucket token | ATBB | ATBB[A-Za-z0-9]{24,40}
Brave Search key | BSA | BSA[\w-]{27,29}
Buildkite token | bkua_ | bkua_[a-z0-9]{40}
Cal.com key | cal_live_ | cal_live_[0-9a-f]{32}
Cerebras key | csk- | csk-[a-z0-9]{48}
Cloudflare origin key | v1.0- | v1\.0-[a-f0-9]{24}-[a-f0-9]{146}
Clojars token | CLOJARS_ | CLOJARS_[A-Za-z0-9]{60}
Defined Networking key | dnkey- | dnkey-[a-zA-Z0-9=_-]{26}-[a-zA-Z0-9=_-]{52}
Dropbox token | sl. | sl\.[\w=-]{130,160}
Duffel token | duffel_ | duffel_(?:test|live)_[\w=-]{43}
E2B key | e2b_ | e2b_[0-9a-f]{40}
ElevenLabs key | sk_ | sk_[0-9a-f]{48}
Firebase server key | :APA91b | AAAA[\w-]{7}:APA91b[\w-]{134}
Firecrawl key | fc- | fc-[0-9a-f]{32}
Flutterwave key | FLWSECK FLWPUBK | FLW(?:SECK|PUBK)(?:_TEST)?-[A-Za-z0-9]{12,34}-X
Frame.io token | fio-u- | fio-u-[\w=-]{64}
GoCardless token | live_ | live_[\w=-]{40}
Harness token | pat. sat. | (?:pat|sat)\.[\w-]{22}\.[0-9a-f]{24}\.[A-Za-z0-9]{20}
Infracost key | ico- | ico-[A-Za-z0-9]{32}
Instagram token | IGQV | IGQV[\w-]{80,300}+
Intra42 secret | s-s4t2 | s-s4t2(?:ud|af)-[0-9a-f]{64}
Jina key | jina_ | jina_[\w-]{40,80}
LangSmith key | lsv2_ | lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}
Langfuse key | sk-lf- | sk-lf-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
LaunchDarkly key | sdk- api- | (?:sdk|api)-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
LocationIQ key | pk. | pk\.[0-9a-f]{32}
MailerSend token | mlsn. | mlsn\.[0-9a-f]{64}
Mapbox secret token | sk.eyJ | sk\.eyJ[\w-]{40,200}\.[\w-]{22}
Mercado Pago token | APP_USR- | APP_USR-\d{12,19}-\d{6}-[0-9a-f]{32}-\d{6,12}
Modal token | ak- as- | a[ks]-[A-Za-z0-9]{22}
Neon key | napi_ | napi_[A-Za-z0-9]{60,70}
Netlify token | nfp_ | nfp_[A-Za-z0-9]{36,40}
New Relic key | NRAA- NRSP- | NR(?:AA|SP)-[\w-]{27,32}
NuGet key | oy2 | oy2[a-z0-9]{43}
NVIDIA key | nvapi- | nvapi-[\w-]{60,70}
Okta token | SSWS | SSWS\s{1,3}(?P<secret>00[\w-]{40})
OpenShift token | sha256~ | sha256~[\w-]{43}
Pinecone key | pcsk_ | pcsk_[A-Za-z0-9_]{50,80}
PostHog key | phx_ | phx_[A-Za-z0-9]{40,50}
Prefect key | pnu_ pnb_ | pn[ub]_[A-Za-z0-9]{36}
Razorpay key | rzp_live_ | rzp_live_[A-Za-z0-9]{14,24}
ReadMe key | rdme_ | rdme_[a-z0-9]{70}
Resend key | re_ | re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}
RunPod key | rpa_ | rpa_[A-Z0-9]{36,44}[a-z0-9]{0,8}
Scalingo token | tk-us- | tk-us-[\w-]{48}
Settlemint token | sm_aat_ sm_pat_ sm_sat_ | sm_[aps]at_[A-Za-z0-9]{16,40}
SonarQube token | sqp_ squ_ sqa_ | sq[pua]_[0-9a-f]{40}
Sourcegraph token | sgp_ | sgp_(?:[0-9a-f]{16}_|local_)?[0-9a-f]{40}
Tavily key | tvly- | tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}
Together key | tgp_v1_ | tgp_v1_[\w-]{40,50}
Vault token | hvs.C | hvs\.C[\w-]{20,300}
Voyage key | pa- | pa-[\w-]{43}
WakaTime key | waka_ | waka_[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
Yandex key | AQVN y0_ | AQVN[\w-]{35,38}|y0_[\w-]{50,60}
Amazon MWS token | amzn.mws. | amzn\.mws\.[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}
"""


def services() -> list[tuple[str, str, str]]:
    """Name, words and pattern of each."""
    lines = _TABLE.strip().splitlines()
    return [tuple(part.strip() for part in line.split(" | ")) for line in lines]  # type: ignore[misc]
