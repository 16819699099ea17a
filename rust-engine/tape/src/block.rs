//! One block: a zstd frame of its own, with a checksum.

use std::io::{self, BufRead};

use zstd::bulk::Compressor;
use zstd::stream::raw::{CParameter, Decoder, Operation};

const LEVEL: i32 = 3;
/// Unpacked in steps of this many bytes.
const STEP: usize = 128 * 1024;
/// No writer makes a block as large as this; a file that claims to is damaged.
const LARGEST: usize = 256 * 1024 * 1024;
/// Magic number of the skippable frame that says where the footer begins.
const POINTER_MAGIC: u32 = 0x184D_2A5E;
/// Bytes of that frame: magic, payload length, payload.
pub(crate) const POINTER_BYTES: usize = 16;

/// Packs blocks; one per writer, since its tables are large.
pub(crate) struct Packer(Compressor<'static>);

impl Packer {
    pub(crate) fn new() -> io::Result<Self> {
        let mut compressor = Compressor::new(LEVEL)?;
        compressor.set_parameter(CParameter::ChecksumFlag(true))?;
        Ok(Self(compressor))
    }

    pub(crate) fn pack(&mut self, plain: &[u8]) -> io::Result<Vec<u8>> {
        self.0.compress(plain)
    }
}

/// How the reading of a block ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BlockEnd {
    /// The block is whole, and its checksum right.
    Whole,
    /// The bytes ended inside the block; what was unpacked so far is right.
    Truncated,
    /// The bytes ended before the block.
    Nothing,
    /// The bytes are no block, or not the one that was written.
    Corrupt(String),
}

/// Unpacks blocks; one per reader.
pub(crate) struct Unpacker(Decoder<'static>);

impl Unpacker {
    pub(crate) fn new() -> io::Result<Self> {
        Decoder::new().map(Self)
    }

    /// Unpacks the block at the reader's position into `plain`, and leaves the reader just behind it.
    /// Returns how it ended, and how many packed bytes were taken.
    pub(crate) fn unpack(&mut self, input: &mut impl BufRead, plain: &mut Vec<u8>) -> io::Result<(BlockEnd, u64)> {
        plain.clear();
        self.0.reinit()?;
        let mut taken = 0_u64;
        loop {
            let packed = input.fill_buf()?;
            let at_end = packed.is_empty();
            let start = plain.len();
            plain.resize(start + STEP, 0);
            let step = self.0.run_on_buffers(packed, &mut plain[start..]);
            let Ok(step) = step else {
                plain.truncate(start);
                return Ok((BlockEnd::Corrupt("a block does not unpack".to_owned()), taken));
            };
            plain.truncate(start + step.bytes_written);
            input.consume(step.bytes_read);
            taken += step.bytes_read as u64;
            if taken == 0 {
                return Ok((BlockEnd::Nothing, 0));
            }
            if step.remaining == 0 {
                return Ok((BlockEnd::Whole, taken));
            }
            if at_end && step.bytes_written == 0 {
                return Ok((BlockEnd::Truncated, taken));
            }
            if plain.len() > LARGEST {
                return Ok((BlockEnd::Corrupt("a block unpacks to more than 256 MiB".to_owned()), taken));
            }
        }
    }
}

/// The skippable frame behind a footer that begins at `footer_offset`.
pub(crate) fn pointer_to(footer_offset: u64) -> [u8; POINTER_BYTES] {
    let mut frame = [0; POINTER_BYTES];
    frame[..4].copy_from_slice(&POINTER_MAGIC.to_le_bytes());
    frame[4..8].copy_from_slice(&8_u32.to_le_bytes());
    frame[8..].copy_from_slice(&footer_offset.to_le_bytes());
    frame
}

/// Where the footer begins, if these bytes are the frame that says so.
pub(crate) fn pointed_offset(frame: [u8; POINTER_BYTES]) -> Option<u64> {
    let (start, payload) = frame.split_at(8);
    let offset = u64::from_le_bytes(payload.try_into().expect("16 bytes less 8 are 8"));
    (start == &pointer_to(offset)[..8]).then_some(offset)
}
