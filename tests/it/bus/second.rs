//! The second product: a workflow engine with one definition, and nothing about it in the program.

use intune_connector::bus::Package;
use intune_connector::bus::package::{PackageFiles, PackageSigner, PrivateKey, pack_zip};

const TEMPLATE: &str = r#"<template version="1">
  <title en="Second" de="Zweites"/>
  <page name="name">
    <title en="Name" de="Name"/>
    <field name="profile" type="text" default="Second"><label en="Name" de="Name"/></field>
  </page>
  <page name="installation" kind="installation"><title en="Installation" de="Installation"/></page>
  <page name="finish" kind="finish"><title en="Finished" de="Fertig"/></page>
  <install>
    <part name="SecondEngine"><label en="Engine" de="Engine"/></part>
    <part name="Tidy"><label en="Tidy" de="Aufräumen"/></part>
  </install>
</template>
"#;

const WORKFLOW: &str = r#"<workflow name="Tidy" version="VERSION">
  <summary>Says that it is tidy.</summary>
  <onDemand/>
  <steps>
    <call id="say" activity="log"><in name="text">tidy</in></call>
    <end id="said" outcome="done">tidy</end>
  </steps>
</workflow>
"#;

pub fn manifest(version: &str) -> String {
    format!(
        "[product]\nid = \"second\"\nversion = \"{version}\"\nbus = \">=0.1\"\ntemplate = \"templates/second.xml\"\n\
         [product.name]\nen = \"Second\"\nde = \"Zweites\"\n[product.summary]\nen = \"Tests\"\nde = \"Tests\"\n\
         [[microservice]]\nname = \"SecondEngine\"\nkind = \"workflow-engine\"\n\
         [[workflow]]\nname = \"Tidy\"\nfile = \"workflows/Tidy.xml\"\nengine = \"SecondEngine\"\n"
    )
}

pub fn files(version: &str) -> Vec<(String, Vec<u8>)> {
    vec![
        ("plugin.toml".to_owned(), manifest(version).into_bytes()),
        ("templates/second.xml".to_owned(), TEMPLATE.as_bytes().to_vec()),
        (
            "workflows/Tidy.xml".to_owned(),
            WORKFLOW.replace("VERSION", version).into_bytes(),
        ),
    ]
}

pub fn zip(version: &str, key: Option<&PrivateKey>) -> Vec<u8> {
    zip_of(files(version), key)
}

pub fn zip_of(files: Vec<(String, Vec<u8>)>, key: Option<&PrivateKey>) -> Vec<u8> {
    let named = files
        .into_iter()
        .map(|(name, content)| (name.parse().unwrap(), content));
    let package = Package::from_files(named.collect::<PackageFiles>(), PackageSigner::Nobody).unwrap();
    pack_zip(&package, key).unwrap()
}
