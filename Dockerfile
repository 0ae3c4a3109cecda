# One silo. Built from the repository's root: docker build -t breeze .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS build
WORKDIR /source
# The projects and their lock files first, so that a change of code does not restore everything again.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/Breeze.Contracts/Breeze.Contracts.csproj src/Breeze.Contracts/packages.lock.json src/Breeze.Contracts/
COPY src/Breeze.Core/Breeze.Core.csproj src/Breeze.Core/packages.lock.json src/Breeze.Core/
COPY src/Breeze.Silo/Breeze.Silo.csproj src/Breeze.Silo/packages.lock.json src/Breeze.Silo/
RUN dotnet restore src/Breeze.Silo --locked-mode
COPY src/Breeze.Contracts src/Breeze.Contracts
COPY src/Breeze.Core src/Breeze.Core
COPY src/Breeze.Silo src/Breeze.Silo
RUN dotnet publish src/Breeze.Silo --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0
# Compliance reports as PDF are drawn with the system's fonts.
RUN apt-get update && apt-get install --yes --no-install-recommends fontconfig fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=build /app .
# The keys and, without PostgreSQL, the database. A volume takes the owner of the directory it is first mounted over.
RUN mkdir /data && chown $APP_UID:$APP_UID /data && chmod 700 /data
VOLUME /data
USER $APP_UID
EXPOSE 5080
# Plain HTTP beyond loopback is refused unless http.allowPlainHttp says that a TLS proxy stands in front.
ENTRYPOINT ["dotnet", "Breeze.Silo.dll", "--data", "/data", "--urls", "http://0.0.0.0:5080"]
# SIGTERM drains for up to 30 s: give it that long, for example docker stop --time 35.
STOPSIGNAL SIGTERM
