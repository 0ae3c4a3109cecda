using System.Text;

namespace Breeze.Agent.Patches.Windows;

/// <summary>What PowerShell is told to do with the Windows Update Agent; constant texts, their input is the environment.</summary>
/// <remarks>
/// The agent's COM interfaces are dispatch interfaces, which PowerShell speaks and a program compiled ahead of time does not. Each line that
/// is printed is one JSON object: an update, an outcome, or at the end <c>{"done":true}</c>, without which the output is not whole.
/// </remarks>
internal static class WindowsUpdateScripts
{
    /// <summary>The environment variable with the update ids of install and uninstall, separated by commas.</summary>
    public const string Ids = "PATCH_IDS";

    private const string Start = """
        $ErrorActionPreference = 'Stop'
        $ProgressPreference = 'SilentlyContinue'
        [Console]::OutputEncoding = New-Object System.Text.UTF8Encoding $false
        $session = New-Object -ComObject Microsoft.Update.Session
        $session.ClientApplicationID = 'Breeze agent'
        $searcher = $session.CreateUpdateSearcher()
        function Say($object) { [Console]::Out.WriteLine((ConvertTo-Json -Compress -Depth 4 -InputObject $object)) }

        """;

    public const string Scan = Start + """
        foreach ($update in $searcher.Search('IsInstalled=0 and IsHidden=0 or IsInstalled=1').Updates) {
          Say ([ordered]@{
            id = $update.Identity.UpdateID
            title = $update.Title
            description = $update.Description
            installed = $update.IsInstalled
            severity = $update.MsrcSeverity
            categories = @($update.Categories | ForEach-Object { $_.Name })
            size = [long]$update.MaxDownloadSize
            reboot = [int]$update.InstallationBehavior.RebootBehavior
            released = $update.LastDeploymentChangeTime.ToString('yyyy-MM-dd')
          })
        }
        Say @{ done = $true }
        """;

    public const string Install = Start + """
        $offered = $searcher.Search('IsInstalled=0').Updates
        $present = $searcher.Search('IsInstalled=1').Updates
        foreach ($id in $env:PATCH_IDS.Split(',')) {
          try {
            $update = @($offered | Where-Object { $_.Identity.UpdateID -eq $id })[0]
            if ($null -eq $update) {
              if (@($present | Where-Object { $_.Identity.UpdateID -eq $id }).Count) { Say @{ id = $id; state = 'done'; reboot = $false } }
              else { Say @{ id = $id; state = 'absent'; error = 'Windows Update does not offer it to this device.' } }
              continue
            }
            if (-not $update.EulaAccepted) { $update.AcceptEula() }
            $one = New-Object -ComObject Microsoft.Update.UpdateColl
            [void]$one.Add($update)
            $downloader = $session.CreateUpdateDownloader()
            $downloader.Updates = $one
            $downloaded = $downloader.Download()
            if ($downloaded.ResultCode -ne 2) { Say @{ id = $id; state = 'failed'; error = ('The download failed: 0x{0:X8}' -f $downloaded.HResult) }; continue }
            $installer = $session.CreateUpdateInstaller()
            $installer.Updates = $one
            $result = $installer.Install()
            $detail = $result.GetUpdateResult(0)
            if ($result.ResultCode -eq 2) { Say @{ id = $id; state = 'done'; reboot = [bool]$detail.RebootRequired } }
            else { Say @{ id = $id; state = 'failed'; error = ('The installation failed: 0x{0:X8}' -f $detail.HResult); reboot = [bool]$detail.RebootRequired } }
          } catch { Say @{ id = $id; state = 'failed'; error = "$($_.Exception.Message)" } }
        }
        Say @{ done = $true }
        """;

    public const string Uninstall = Start + """
        $present = $searcher.Search('IsInstalled=1').Updates
        foreach ($id in $env:PATCH_IDS.Split(',')) {
          try {
            $update = @($present | Where-Object { $_.Identity.UpdateID -eq $id })[0]
            if ($null -eq $update) { Say @{ id = $id; state = 'done'; reboot = $false }; continue }
            if ($update.IsUninstallable) {
              $one = New-Object -ComObject Microsoft.Update.UpdateColl
              [void]$one.Add($update)
              $installer = $session.CreateUpdateInstaller()
              $installer.Updates = $one
              $result = $installer.Uninstall()
              $detail = $result.GetUpdateResult(0)
              if ($result.ResultCode -eq 2) { Say @{ id = $id; state = 'done'; reboot = [bool]$detail.RebootRequired } }
              else { Say @{ id = $id; state = 'failed'; error = ('The removal failed: 0x{0:X8}' -f $detail.HResult) } }
            } else {
              $kb = @($update.KBArticleIDs)[0]
              if (-not $kb) { Say @{ id = $id; state = 'failed'; error = 'This update cannot be removed.' }; continue }
              $wusa = Start-Process -Wait -PassThru -FilePath wusa.exe -ArgumentList '/uninstall', "/kb:$kb", '/quiet', '/norestart'
              if ($wusa.ExitCode -in 0, 3010) { Say @{ id = $id; state = 'done'; reboot = ($wusa.ExitCode -eq 3010) } }
              else { Say @{ id = $id; state = 'failed'; error = ('wusa could not remove KB{0}: 0x{1:X8}' -f $kb, $wusa.ExitCode) } }
            }
          } catch { Say @{ id = $id; state = 'failed'; error = "$($_.Exception.Message)" } }
        }
        Say @{ done = $true }
        """;

    public static string Encoded(string script) => Convert.ToBase64String(Encoding.Unicode.GetBytes(script));
}
