# Registers the application of the connector in Microsoft Entra, with Microsoft Graph PowerShell. It carries the public
# certificate alone: there is no secret in it.
#
# Before: Install-Module Microsoft.Graph.Applications
# Run it as somebody who may register applications and grant admin consent. If it stops on the way, run it again with the
# client id that it has printed: FILE -ClientId CLIENT_ID
param([ValidatePattern('^([0-9a-fA-F-]{36})?$')] [string] $ClientId = '')
$ErrorActionPreference = 'Stop'

$name = {{name}}
# Empty: the tenant of whoever signs in.
$tenant = {{tenant}}
$environment = {{environment}}
$permissions = @({{permissions}})
$thumbprint = {{thumbprint}}
$certificate = [Convert]::FromBase64String({{certificate}})
# Microsoft Graph, in every tenant.
$graphAppId = '00000003-0000-0000-c000-000000000000'

$connection = @{
    Environment = $environment
    Scopes      = @('Application.ReadWrite.All', 'AppRoleAssignment.ReadWrite.All')
    NoWelcome   = $true
}
if ($tenant) { $connection.TenantId = $tenant }
Connect-MgGraph @connection

$graph = Get-MgServicePrincipal -Filter "appId eq '$graphAppId'"
$roles = @(foreach ($permission in $permissions) {
    $role = $graph.AppRoles | Where-Object { $_.Value -eq $permission -and $_.AllowedMemberTypes -contains 'Application' }
    if (-not $role) { throw "Microsoft Graph has no application permission $permission here." }
    $role
})

if (-not $ClientId) {
    $escaped = $name.Replace("'", "''")
    if (Get-MgApplication -Filter "displayName eq '$escaped'") {
        throw "An application named $name is there already. To go on with it, run this again with its client id; else rename it."
    }
    $access = @{
        ResourceAppId  = $graphAppId
        ResourceAccess = @($roles | ForEach-Object { @{ Id = $_.Id; Type = 'Role' } })
    }
    $key = @{ Type = 'AsymmetricX509Cert'; Usage = 'Verify'; Key = $certificate; DisplayName = $name }
    $application = New-MgApplication -DisplayName $name -SignInAudience 'AzureADMyOrg' -KeyCredentials @($key) -RequiredResourceAccess @($access)
    $ClientId = $application.AppId
    Write-Host "The application is registered. Client id: $ClientId"
    Write-Host "The certificate is uploaded. Thumbprint: $thumbprint"
}

$principal = Get-MgServicePrincipal -Filter "appId eq '$ClientId'"
if (-not $principal) { $principal = New-MgServicePrincipal -AppId $ClientId }
$granted = @((Get-MgServicePrincipalAppRoleAssignment -ServicePrincipalId $principal.Id -All).AppRoleId)
foreach ($role in $roles) {
    if ($granted -notcontains $role.Id) {
        $assignment = @{
            ServicePrincipalId = $principal.Id
            PrincipalId        = $principal.Id
            ResourceId         = $graph.Id
            AppRoleId          = $role.Id
        }
        New-MgServicePrincipalAppRoleAssignment @assignment | Out-Null
    }
    Write-Host "The permission is granted: $($role.Value)"
}

Write-Host "`nDone. For intune-connector:"
Write-Host "  tenant id  $((Get-MgContext).TenantId)"
Write-Host "  client id  $ClientId"
