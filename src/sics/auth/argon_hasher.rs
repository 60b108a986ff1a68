//! argon2id in memory that is given back at once. A hash needs megabytes; the C library keeps what it frees of blocks up to
//! 32 MiB, and raises for every thread what it keeps to twice the largest, so that a flood of sign-ins would leave the bus
//! several times as large (E8). A larger block it maps by itself and unmaps when it is freed; of that one only what is
//! used is memory.

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::password_hash::{CustomizedPasswordHasher, Error, Result};
use argon2::{Algorithm, Argon2, Block, Params, Version};

/// OWASP's equivalent with little memory: the bus is to stay small, and hashes one at a time.
const MEMORY_KIB: u32 = 9 * 1024;
const PASSES: u32 = 4;
const LANES: u32 = 1;
/// Above what the C library keeps (mallopt(3), DEFAULT_MMAP_THRESHOLD_MAX).
const MAPPED_BLOCKS: usize = 33 * 1024 * 1024 / Block::SIZE;

/// Hashes and verifies.
pub(super) struct ArgonHasher;

impl ArgonHasher {
    /// Those of new hashes.
    pub(super) fn new_params() -> Params {
        Params::new(MEMORY_KIB, PASSES, LANES, None).expect("these are within argon2's bounds")
    }
}

impl CustomizedPasswordHasher<PasswordHash> for ArgonHasher {
    type Params = Params;

    fn hash_password_customized(
        &self,
        password: &[u8],
        salt: &[u8],
        algorithm: Option<&str>,
        version: Option<u32>,
        params: Params,
    ) -> Result<PasswordHash> {
        let algorithm = algorithm.map(Algorithm::try_from).transpose()?.unwrap_or_default();
        let version = version.map(Version::try_from).transpose()?.unwrap_or_default();
        let length = params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
        let mut buffer = [0; Output::MAX_LENGTH];
        let output = buffer.get_mut(..length).ok_or(Error::OutputSize)?;
        let params_text = ParamsString::try_from(&params)?;
        let needed = params.block_count();
        let mut memory = Vec::new();
        memory
            .try_reserve_exact(needed.max(MAPPED_BLOCKS))
            .map_err(|_| argon2::Error::OutOfMemory)?;
        memory.resize(needed, Block::default());
        Argon2::new(algorithm, version, params).hash_password_into_with_memory(password, salt, output, &mut memory)?;
        Ok(PasswordHash {
            algorithm: algorithm.ident(),
            version: Some(version.into()),
            params: params_text,
            salt: Some(Salt::new(salt)?),
            hash: Some(Output::new(output)?),
        })
    }
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::{PasswordHasher, PasswordVerifier};

    use super::*;

    #[test]
    fn the_hashes_are_those_of_argon2_whatever_memory_they_ask_for() {
        for memory_kib in [64, MEMORY_KIB, MEMORY_KIB + 1_024] {
            let params = Params::new(memory_kib, 1, 1, None).unwrap();
            let theirs = Argon2::from(params.clone());
            let ours = ArgonHasher
                .hash_password_customized(b"a password", b"0123456789abcdef", None, None, params)
                .unwrap();
            assert_eq!(
                ours.to_string(),
                theirs
                    .hash_password_with_salt(b"a password", b"0123456789abcdef")
                    .unwrap()
                    .to_string()
            );
            assert!(ArgonHasher.verify_password(b"a password", &ours).is_ok());
            assert!(ArgonHasher.verify_password(b"b password", &ours).is_err());
        }
    }
}
