//! `tradewind venue decode`: recorded messages to normalised events.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;
use tradewind_codecs::file;

use crate::args::{DecodeArgs, VenueArgs, VenueCommand};
use crate::failure::Failure;

/// Notes printed before only their number is told.
const NOTES_SHOWN_MAX: u64 = 20;

pub(crate) fn run(args: VenueArgs) -> Result<(), Failure> {
    match args.command {
        VenueCommand::Decode(args) => decode(&args),
    }
}

fn decode(args: &DecodeArgs) -> Result<(), Failure> {
    let venue: file::Venue = args
        .venue
        .parse()
        .map_err(|e: file::UnknownVenue| Failure::Usage(e.to_string()))?;
    let input = open(&args.input)?;
    let mut output: Box<dyn Write> = if args.summary {
        Box::new(io::sink())
    } else {
        Box::new(BufWriter::new(io::stdout().lock()))
    };
    let mut notes = 0u64;
    let decoded = file::decode(venue, input, &mut output, |line, note| {
        notes += 1;
        if notes <= NOTES_SHOWN_MAX {
            eprintln!("line {line}: {note}");
        }
    });
    let summary = match decoded.and_then(|summary| output.flush().map(|()| summary)) {
        // Whoever reads has seen enough (`| head`): that is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
        Err(error) => return Err(Failure::failed(format!("{}: {error}", args.input.display()))),
        Ok(summary) => summary,
    };
    if notes > NOTES_SHOWN_MAX {
        eprintln!("… and {} more notes", notes - NOTES_SHOWN_MAX);
    }
    let line = serde_json::to_string(&summary).map_err(|e| Failure::failed(e.to_string()))?;
    eprintln!("{line}");
    Ok(())
}

/// A file or standard input, unpacked when it is gzip.
fn open(path: &Path) -> Result<Box<dyn BufRead>, Failure> {
    let raw: Box<dyn Read> = if path.as_os_str() == "-" {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(|e| Failure::Input(format!("{}: {e}", path.display())))?)
    };
    let mut input = BufReader::with_capacity(1 << 16, raw);
    let gzip = input.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if gzip {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input)))
    } else {
        Box::new(input)
    })
}
