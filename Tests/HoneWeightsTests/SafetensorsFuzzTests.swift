import Foundation
import HoneTensors
import Testing

@testable import HoneWeights

@Suite("Damaged safetensors files")
struct SafetensorsFuzzTests {
    /// A small generator with a visible seed (SplitMix64).
    struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }

    /// Opens damaged bytes without a file system between, and touches every byte that the header claims.
    private func outcome(_ bytes: [UInt8], in folder: TemporaryFolder) throws -> Bool {
        let url = try folder.write(bytes, as: "damaged.safetensors")
        do {
            let file = try SafetensorsFile(path: url.plainPath)  // throws WeightError only: the compiler sees to it
            var sum = 0
            for entry in file.entries { entry.withBytes { for byte in $0 { sum &+= Int(byte) } } }
            #expect(file.entries.reduce(0) { $0 + $1.range.count } <= bytes.count, "sum \(sum)")
            return true
        } catch {
            #expect(error.description.contains("damaged.safetensors"))
            return false
        }
    }

    private func damage(_ original: [UInt8], _ random: inout Random) -> [UInt8] {
        var bytes = original
        let headerCount = min(bytes.count - 8, Int(UInt64(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) })))
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let place = min(Int.random(in: 8..<8 + max(1, headerCount), using: &random), bytes.count - 1)
            switch Int.random(in: 0..<8, using: &random) {
            case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
            case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[Int.random(in: 0..<min(8, bytes.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
            case 3: bytes.removeLast(Int.random(in: 0...bytes.count, using: &random))
            case 4: bytes.remove(at: place)
            case 5: bytes.insert(contentsOf: Array("{}[]\",:0-e\\".utf8).shuffled(using: &random).prefix(2), at: place)
            case 6: bytes[place] = UInt8(ascii: "0") + UInt8.random(in: 0...9, using: &random)
            default: bytes += (0..<Int.random(in: 0..<20, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
        }
        return bytes
    }

    @Test("every damage of the frame or the header is read or refused, never a crash", arguments: [1, 2, 3, 4] as [UInt64])
    func damaged(_ seed: UInt64) throws {
        var random = Random(state: seed)
        let folder = try TemporaryFolder()
        let original = try TensorFixture.folder.appending(path: "everyType.safetensors").bytes
        var refused = 0
        let rounds = 1500
        for _ in 0..<rounds where try !outcome(damage(original, &random), in: folder) { refused += 1 }
        #expect(refused > rounds / 2, "seed \(seed): the damage no longer reaches the header")
    }

    @Test("every truncation is refused")
    func truncated() throws {
        let folder = try TemporaryFolder()
        let original = try TensorFixture.folder.appending(path: "everyType.safetensors").bytes
        for count in 0..<original.count {
            #expect(try !outcome(Array(original.prefix(count)), in: folder), "\(count) bytes")
        }
    }

    @Test("every header length but the true one is refused")
    func lengths() throws {
        let folder = try TemporaryFolder()
        let original = try TensorFixture.folder.appending(path: "noTensors.safetensors").bytes
        for length in (0...64).map({ UInt64($0) }) + [1 << 31, 1 << 62, 1 << 63, .max, .max - 7] where length != 8 {
            let bytes = withUnsafeBytes(of: length.littleEndian) { Array($0) } + original.dropFirst(8)
            let isRead = try outcome(bytes, in: folder)
            #expect(!isRead, "length \(length)")
        }
    }
}
