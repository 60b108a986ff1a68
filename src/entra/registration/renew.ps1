# Uploads another certificate to the application of the connector in Microsoft Entra, with Microsoft Graph PowerShell.
# Those that it has stay. It carries the public certificate alone: there is no secret in it.
#
# Before: Install-Module Microsoft.Graph.Applications
# Run it as an owner of the application or an administrator of applications.
$ErrorActionPreference = 'Stop'

$name = {{name}}
$tenant = {{tenant}}
$clientId = {{client}}
$environment = {{environment}}
$thumbprint = {{thumbprint}}
$certificate = [Convert]::FromBase64String({{certificate}})

$connection = @{ Environment = $environment; Scopes = @('Application.ReadWrite.All'); NoWelcome = $true }
if ($tenant) { $connection.TenantId = $tenant }
Connect-MgGraph @connection

$found = Get-MgApplication -Filter "appId eq '$clientId'"
if (-not $found) { throw "The application $clientId does not exist in this tenant." }
# The keys are told of a single application alone; what is not sent back with them would be taken away.
$application = Get-MgApplication -ApplicationId $found.Id -Property 'id,keyCredentials'
$keys = @(foreach ($key in $application.KeyCredentials) {
    @{ KeyId = $key.KeyId; Type = $key.Type; Usage = $key.Usage; Key = $key.Key; DisplayName = $key.DisplayName; StartDateTime = $key.StartDateTime; EndDateTime = $key.EndDateTime }
})
$keys += @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate; DisplayName = $name }
Update-MgApplication -ApplicationId $application.Id -KeyCredentials $keys

Write-Host "The certificate is uploaded. Thumbprint: $thumbprint"
Write-Host "`nDone. For intune-connector:"
Write-Host "  tenant id  $((Get-MgContext).TenantId)"
Write-Host "  client id  $clientId"
