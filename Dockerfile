# The silo; --target agent makes the agent. Built from the repository's root: docker build -t breeze .
FROM mcr.microsoft.com/dotnet/sdk:10.0 AS source
WORKDIR /source
# The projects and their lock files first, so that a change of code does not restore everything again.
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src/Breeze.Contracts/Breeze.Contracts.csproj src/Breeze.Contracts/packages.lock.json src/Breeze.Contracts/

FROM source AS agent-build
COPY src/Breeze.Agent/Breeze.Agent.csproj src/Breeze.Agent/packages.lock.json src/Breeze.Agent/
RUN dotnet restore src/Breeze.Agent --locked-mode
COPY src/Breeze.Contracts src/Breeze.Contracts
COPY src/Breeze.Agent src/Breeze.Agent
RUN dotnet publish src/Breeze.Agent --configuration Release --no-restore --output /app

# A device in a container, for trying things out: it enrols at its first start, and runs scripts as an unprivileged user.
FROM mcr.microsoft.com/dotnet/runtime:10.0 AS agent
WORKDIR /app
COPY --from=agent-build /app .
COPY deploy/agent-entrypoint.sh /app/
RUN mkdir /data && chown $APP_UID:$APP_UID /data && chmod 700 /data
VOLUME /data
USER $APP_UID
ENTRYPOINT ["sh", "/app/agent-entrypoint.sh"]

FROM source AS silo-build
COPY src/Breeze.Core/Breeze.Core.csproj src/Breeze.Core/packages.lock.json src/Breeze.Core/
COPY src/Breeze.Client/Breeze.Client.csproj src/Breeze.Client/packages.lock.json src/Breeze.Client/
COPY src/Breeze.Console/Breeze.Console.csproj src/Breeze.Console/packages.lock.json src/Breeze.Console/
COPY src/Breeze.Silo/Breeze.Silo.csproj src/Breeze.Silo/packages.lock.json src/Breeze.Silo/
RUN dotnet restore src/Breeze.Silo --locked-mode
COPY src/Breeze.Contracts src/Breeze.Contracts
COPY src/Breeze.Core src/Breeze.Core
COPY src/Breeze.Client src/Breeze.Client
COPY src/Breeze.Console src/Breeze.Console
COPY src/Breeze.Silo src/Breeze.Silo
RUN dotnet publish src/Breeze.Silo --configuration Release --no-restore --output /app

FROM mcr.microsoft.com/dotnet/aspnet:10.0 AS silo
# Compliance reports as PDF are drawn with the system's fonts.
RUN apt-get update && apt-get install --yes --no-install-recommends fontconfig fonts-dejavu-core && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=silo-build /app .
# /data: the admin key and, without PostgreSQL, the database and the command keys. /keys: command keys that silos share. A volume takes the
# owner of the directory it is first mounted over.
RUN mkdir /data /keys && chown $APP_UID:$APP_UID /data /keys && chmod 700 /data /keys
VOLUME /data
USER $APP_UID
EXPOSE 5080
# Plain HTTP beyond loopback is refused unless http.allowPlainHttp says that a TLS proxy stands in front.
ENTRYPOINT ["dotnet", "Breeze.Silo.dll", "--data", "/data", "--urls", "http://0.0.0.0:5080"]
# SIGTERM drains for up to 30 s: give it that long, for example docker stop --time 35.
STOPSIGNAL SIGTERM
