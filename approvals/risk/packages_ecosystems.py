"""Registries, and the words by which names in them are imitated."""

from enum import StrEnum

from approvals.risk.tables import names


class Ecosystem(StrEnum):
    """Whose registry a name belongs to; OTHER has no list."""

    PYPI = "pypi"
    NPM = "npm"
    RUBYGEMS = "rubygems"
    CRATES = "crates"
    GO = "go"
    MAVEN = "maven"
    NUGET = "nuget"
    PACKAGIST = "packagist"
    OTHER = "other"


HOUSEHOLD = {
    Ecosystem.PYPI: names(
        "beautifulsoup4 bitcoinlib ccxt coinbase discord discord.py django fastapi"
        " keras opencv-python"
        " pyautogui pygame python-binance pytorch pytorch-lightning scrapy selenium"
        " solana telethon tensorflow-gpu torchvision web3 binance ethereum metamask"
    ),
    Ecosystem.NPM: names(
        "@solana/web3.js angular binance bootstrap caffe coinbase cross-env d3"
        " discord.js electron ethers"
        " event-stream express fabric ffmpeg ganache-cli gatsby hardhat jquery"
        " mongoose mssql"
        " mariadb metamask mysql next nodemailer opencv openssl nuxt puppeteer"
        " react-native socket.io sqlite sqlserver svelte tkinter"
        " three vue web3 webpack"
    ),
}
"""Names that people type by hand more often than others depend on them."""
AFFIXES = names(
    "py python python2 python3 js node nodejs npm ts lib rb go rs php dotnet"
)
BAITS = names(
    "admin api app auth beta bot build cli client compat core debug dev extra fast fix"
    " fixed helper helpers internal kit latest legacy lite new nightly official patch"
    " patched plus pro proxy real sdk secure security test testing toolkit tool tools"
    " update updated util utils v2 v3 v4 v5 v6 v7 v8 v9 wrapper x async http https next"
    " promise offline ultra turbo pure simple native mini easy smart super mod ng ex"
)


EXTENDED = names(
    "active activerecord actix airflow angular async aws axum bevy capistrano"
    " cargo clap devise diesel faraday fastlane futures google guard hyper jekyll"
    " laravel"
    " omniauth opentelemetry pry rails rand reqwest rspec rubocop serde shoulda sidekiq"
    " sqlx symfony tokio tower tracing vagrant wasm babel celery click django eslint"
    " express fastapi flask gatsby"
    " jest jupyter langchain llama mypy next pydantic pytest react rollup sphinx"
    " sqlalchemy types vite vue webpack"
)
"""What others extend, in packages that are called after both."""
OWNED = names("aws-cdk remotion")
"""Scopes of npm that are close to better-known ones, and somebody's all the same."""
