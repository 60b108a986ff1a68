products-help = What this bus can run. A product is installed by its wizard, once or several times.
products-none = There is no product yet. Import a package.
products-available = Available
products-installed = Installed
products-update-available = Update available
products-version = Version { $version }
products-version-head = Version
products-not-installed = Not installed.
products-not-installed-yet = It is not installed yet. Choose Install: the wizard asks everything it needs.
products-installed-times = { $count ->
    [one] Installed once:
   *[other] Installed { $shown } times:
}
products-left-out = { $count ->
    [one] { $shown } version in the data folder cannot be used. See the details.
   *[other] { $shown } versions in the data folder cannot be used. See the details.
}
products-install = Install
products-update = Update
products-import = Import a package
products-import-help = A package is a zip file with a product. It is accepted if it is signed with a trusted key.
products-package = Package (.zip)
products-no-package = No package was chosen.
products-no-package-cure = Choose the zip file of the product.
products-exceptions = Exceptions
products-accept-unsigned = Accept it although it is unsigned or its key is not trusted
products-accept-unsigned-help = Nobody vouches then for what it does. This is recorded.
products-accept-downgrade = Accept it although a newer version exists
products-to-keys = Show the trusted keys
products-keys = Trusted keys
products-keys-help = Packages that are signed with one of these keys are accepted.
products-no-keys = No key is trusted yet: packages are accepted only as an exception. Add the key of whoever makes your packages.
products-fingerprint = Fingerprint (SHA-256)
products-key-add = Trust a key
products-key-file = Public key as a file (PEM)
products-key-pem = Or its text
products-key-pem-help = An Ed25519 key; it begins with BEGIN PUBLIC KEY. You see its fingerprint before it is trusted.
products-key-show = Show the fingerprint
products-key-compare = Compare the fingerprint
products-key-compare-help = Ask the owner of the key for its fingerprint, by telephone or another way that you trust. Only if it is the same, trust the key.
products-key-compared = I have compared it; it is the same.
products-key-trust = Trust this key
products-key-distrust = No longer trust it
products-key-distrust-help = Packages that were already added stay; new ones with this key are refused.
products-no-key = This is not an Ed25519 public key in PEM format.
products-no-key-cure = Paste or choose the public key; it begins with BEGIN PUBLIC KEY.
products-built-in = Built into the program
products-unsigned = Signed by nobody
products-signed-by = Signed with the key { $key }
products-update-to = Update to version { $version }
products-update-installed = These installations are updated and keep their settings:
products-update-changes = Changes from { $from } to { $to }
products-update-no-changes = Nothing that is visible from outside.
products-update-roles = Roles whose rights change
products-update-help = Exactly what is shown here is carried out. If something changes before, you see it again first.
products-change-added = New
products-change-changed = Changed
products-change-removed = Removed
products-piece-microservice = microservice
products-piece-definition = workflow
products-piece-page = page of the wizard
products-piece-permission = permission
products-piece-danger = danger of an action
products-piece-port = port
products-role = Role
products-rights-before = Rights before
products-rights-after = Rights after
products-role-holders = Held by
products-role-removed = The role is removed.
products-where-installed = Where it is installed
products-installation = Installation
products-profile = Profile
products-items = Items
products-versions = Versions
products-signature = Signature
products-digest = Digest (SHA-256)
products-unused = Not used
products-manifest = About this product
products-id = Id
products-bus = Works with bus versions
products-microservices = Microservices
products-workflows = Workflows
products-ports = Ports
products-permissions = Permissions that it needs
products-permission = Permission
products-permission-required = Required
products-permission-feature = Only for { $feature }
products-permission-reason = What for
products-roles = Roles for its users
products-dangers = How dangerous it rates actions
products-danger-harmless = Harmless
products-danger-disruptive = Disruptive
products-danger-destructive = Destructive
products-remove = Remove the product
products-remove-help = { $count ->
    [0] Its packages are removed from this bus. Versions that are built into the program stay.
    [one] Its packages and its installation are removed; the devices of the installation are reported to every server as gone. Versions that are built into the program stay.
   *[other] Its packages and its { $shown } installations are removed; their devices are reported to every server as gone. Versions that are built into the program stay.
}
products-remove-devices = { $count ->
    [one] { $shown } device will be reported to every server as gone.
   *[other] { $shown } devices will be reported to every server as gone.
}
products-type-number = Type the number of devices: { $number }
products-remove-agree = I want to remove { $name }.
products-remove-now = Remove
products-not-confirmed = Nothing was removed or changed: tick and number do not confirm it.
products-not-confirmed-cure = Set the tick, and type the number that is shown, if that is what you want.
done-product-added = The package was added.
done-product-updated = The product was updated.
done-product-removed = The product was removed.
done-product-removed-with-instances = The product was removed with its installations.
done-key-trusted = The key is trusted now.
done-key-distrusted = The key is no longer trusted.
problem-package-unsigned = The package is not signed.
problem-package-unsigned-cure = Ask its maker for a signed package, or accept it under Exceptions.
problem-package-untrusted = The package is signed with a key that this bus does not trust.
problem-package-untrusted-cure = Compare the fingerprint with its maker and trust the key, then import it again.
problem-package-forged = The signature of the package does not match: it was changed after it was signed.
problem-package-forged-cure = Get it again from its maker; do not use this one.
problem-package-downgrade = A newer version of this product is already there.
problem-package-downgrade-cure = Import the newer version, or accept the older one under Exceptions.
problem-package-too-large = The package is too large.
problem-package-too-large-cure = Check that it is the right file.
problem-package-broken = The file is not a package, or it is damaged.
problem-package-broken-cure = Choose the zip file as its maker gave it.
problem-plan-changed = Something has changed: the update is no longer what was shown.
problem-plan-changed-cure = Look at what it changes now, and choose Update again.
