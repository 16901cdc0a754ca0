import HoneTensors
import Testing

@Suite("Devices")
struct DeviceTests {
    @Test("reads and writes names", arguments: zip(["cpu", "mps", "cuda", "cuda:3"], [Device.cpu, .mps, .cuda(0), .cuda(3)]))
    func names(_ text: String, _ device: Device) {
        #expect(Device(text) == device)
        #expect(Device(device.description) == device)
    }

    @Test("refuses other names", arguments: ["gpu", "cuda:", "cuda:-1", "cuda:x", "CPU", ""])
    func refuses(_ text: String) {
        #expect(Device(text) == nil)
    }

    @Test("the CPU is always there and needs no waiting")
    func cpu() throws {
        #expect(try Device.available().first == .cpu)
        try Device.cpu.synchronize()
        let held = try Device.cpu.memory()
        #expect(0...held.peak ~= held.allocated)
        let x = try Tensor.ones([2])
        #expect(try x.to(.cpu) === x)
    }

    @Test("a device that is not there is an error, not a crash")
    func absent() throws {
        let absent = try #require([Device.cuda(7), .mps].first { device in try !Device.available().contains(device) })
        #expect(throws: TensorError.self) { try Tensor.zeros([2], device: absent) }
        #expect(throws: TensorError.self) { try Tensor.ones([2]).to(absent) }
    }
}
