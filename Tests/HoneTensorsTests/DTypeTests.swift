import Foundation
import HoneTensors
import Testing

@Suite("Element types")
struct DTypeTests {
    @Test("names are those of the safetensors format")
    func names() {
        let names = ["U8", "I8", "I16", "I32", "I64", "F16", "F32", "F64", "BOOL", "BF16"]
        #expect(DType.allCases.map(\.safetensorsName) == names)
        #expect(names.map(DType.init(safetensorsName:)) == DType.allCases)
        #expect(DType(safetensorsName: "F8_E4M3") == nil)
        #expect(DType.allCases.map(\.byteSize) == [1, 1, 2, 4, 8, 2, 4, 8, 1, 2])
        #expect(DType.allCases.filter(\.isFloatingPoint) == [.float16, .float32, .float64, .bfloat16])
    }

    @Test("goes through JSON as libtorch's number")
    func codable() throws {
        #expect(try JSONDecoder().decode([DType].self, from: Data("[15,6]".utf8)) == [.bfloat16, .float32])
    }
}
