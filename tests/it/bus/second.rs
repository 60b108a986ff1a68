//! The second product: a workflow engine with one definition, and nothing about it in the program.

use intune_connector::bus::Package;
use intune_connector::bus::package::{PackageFiles, PackageSigner, PrivateKey, pack_zip};

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
        ("templates/second.xml".to_owned(), b"<template version=\"1\"/>".to_vec()),
        (
            "workflows/Tidy.xml".to_owned(),
            format!("<workflow version=\"{version}\"/>").into_bytes(),
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
