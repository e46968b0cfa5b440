// SPDX-License-Identifier: GPL-2.0

//! A platform driver to begin one's own with: registers with types, a mapping that goes with the
//! device, an interrupt, and a node.
//!
//! The device is QEMU's `edu`, which computes factorials and raises an interrupt when it is done.
//! A program writes n to `/dev/factorial0` and reads n! from it.
//!
//! | C, in this order | here |
//! |---|---|
//! | `#define`s of offsets and masks | [`register!`] |
//! | `platform_driver_register()` | [`driver::Registration`] |
//! | `devm_platform_ioremap_resource()` | the same |
//! | `platform_get_irq()`, `request_irq()` | `line_by_index`, `request` |
//! | `misc_register()` | [`Registration::register`] |
//! | `writel()`, `wait_event_…()`, `readl()` | `write_reg`, `wait_until_timeout`, `read` |
//! | `misc_deregister()`, `free_irq()`, `iounmap()` | nothing: done when the device goes |
//!
//! What turns the device on, and tells NUMBER, is in Documentation/samples/platform.rst. Then, in
//! `make vm`:
//!
//! ```text
//! modprobe sample_platform start=0xfea00000 irq=NUMBER
//! echo 5 >/dev/factorial0
//! cat /dev/factorial0
//! grep factorial0 /proc/interrupts
//! rmmod sample_platform
//! ```
//!
//! `cat` prints 120, and `/proc/interrupts` counts one interrupt.

use iomem::{
    chardev::{
        transfer::{
            Give,
            Seek,
            Take, //
        },
        CharDevice,
        CharFile,
        OpenFile,
        Options,
        Registration, //
    },
    compat::param,
    index::{
        Index,
        Indices, //
    },
    irq::{
        self,
        Interrupt,
        Lines, //
    },
    mapping::{
        devm_platform_ioremap_resource,
        DevmMapping,
        Mapping, //
    },
    platform::{
        Device,
        Id,
        Info,
        Resource, //
    },
    range::Range,
    resource::MemRegion, //
};
use kernel::{
    device::Core,
    driver,
    io::{
        register,
        Io, //
    },
    iov::{
        IovIterDest,
        IovIterSource, //
    },
    new_mutex,
    of,
    platform::{
        self,
        Adapter, //
    },
    prelude::*,
    str::CString,
    sync::{
        Arc,
        Mutex, //
    },
    InPlaceModule,
    ModuleMetadata, //
};

module! {
    type: Sample,
    name: "sample_platform",
    authors: ["The iomem authors"],
    description: "A platform driver with registers, an interrupt and a node",
    license: "GPL",
    params: {
        start: u64 {
            default: 0,
            description: "physical address of edu's registers",
        },
        irq: u64 {
            default: 0,
            description: "number of edu's interrupt in Linux",
        },
    },
}

register! {
    EDU_ID(u32) @ 0x00 {
        15:0 magic;
    }

    /// Write n; when the device has computed it, this reads n!.
    EDU_FACTORIAL(u32) @ 0x08 {
        31:0 value;
    }

    EDU_STATUS(u32) @ 0x20 {
        /// An interrupt is to come when a factorial has been computed.
        7:7 interrupts => bool;
        0:0 computing => bool;
    }

    /// Reasons for the interrupt that have been seen to. It is raised until all have been.
    EDU_IRQ_ACKNOWLEDGE(u32) @ 0x64 {
        31:0 reasons;
    }
}

const MAGIC: u32 = 0xed;

/// 13! has more than 32 bits.
const LARGEST: u32 = 12;

/// How long the device may take, in nanoseconds.
const LIMIT: u64 = 1_000_000_000;

/// The `<N>` of `/dev/factorial<N>`.
static NUMBERS: Indices<4> = Indices::new();

type Registers = Mapping<MemRegion, 0x100>;

/// What a node stands for. A program that has it open keeps it, also when the device is gone.
#[pin_data]
struct Factorial {
    registers: DevmMapping<0x100>,
    interrupt: Arc<Interrupt>,
    // Protects what the device said last, and the device from being told something else before it
    // has said it. Taking the device away does not wait for it.
    #[pin]
    last: Mutex<CString>,
}

/// Has the device release its interrupt.
fn quieten(regs: &Registers) {
    regs.write_reg(EDU_IRQ_ACKNOWLEDGE::zeroed().with_reasons(u32::MAX));
}

/// Has the device raise no more interrupts.
fn silence(regs: &Registers) {
    regs.write_reg(EDU_STATUS::zeroed());
    quieten(regs);
}

impl Factorial {
    /// Does something with the registers, if they are still there.
    fn with<R>(&self, f: impl FnOnce(&Registers) -> R) -> Result<R> {
        self.registers.try_access_with(f).ok_or(ENODEV)
    }

    /// Lets the interrupt come again. When one comes, it is masked until this is called.
    fn acknowledge(&self) -> Result {
        self.with(quieten)?;
        self.interrupt.unmask()
    }

    /// Returns what the device has computed, if an interrupt came after number `seen`.
    fn answer(&self, seen: u64) -> Result<Option<u32>> {
        if self.interrupt.status()?.count == seen {
            return Ok(None);
        }
        self.with(|regs| {
            let done = !regs.read(EDU_STATUS).computing();
            done.then(|| regs.read(EDU_FACTORIAL).value().get())
        })
    }

    /// Has the device compute n!, and sleeps until it has.
    fn compute(&self, n: u32) -> Result<u32> {
        // A signal may have ended the last call before its interrupt came.
        self.acknowledge()?;
        let seen = self.interrupt.status()?.count;
        self.with(|regs| {
            if regs.read(EDU_STATUS).computing() {
                return Err(EBUSY);
            }
            regs.write_reg(EDU_STATUS::zeroed().with_interrupts(true));
            regs.write_reg(EDU_FACTORIAL::zeroed().with_value(n));
            Ok(())
        })??;

        // The handler, which is the library's, counts and wakes. All else is done here, where one
        // may sleep.
        let queue = self.interrupt.queue();
        let answer = queue.wait_until_timeout(LIMIT, || self.answer(seen).transpose())??;
        self.acknowledge()?;
        Ok(answer)
    }
}

#[vtable]
impl CharDevice for Factorial {
    const OWNER: ThisModule = iomem::this_module!();
    type State = ();

    fn open(&self, _file: CharFile<'_>) -> impl PinInit<(), Error> {
        Ok(())
    }

    fn llseek(&self, _file: OpenFile<'_, Self>, seek: Seek<'_>) -> Result<u64> {
        seek.without_end()
    }

    fn read(
        &self,
        _file: OpenFile<'_, Self>,
        position: u64,
        buffer: &mut IovIterDest<'_>,
    ) -> Result<usize> {
        let last = self.last.lock();
        let rest = last.to_bytes().get(position as usize..);
        buffer.give(rest.unwrap_or_default())
    }

    fn write(
        &self,
        _file: OpenFile<'_, Self>,
        _position: u64,
        buffer: &mut IovIterSource<'_>,
    ) -> Result<usize> {
        let mut text = [0; 16];
        let length = buffer.take(&mut text)?;
        let text = text
            .get(..length)
            .and_then(|text| core::str::from_utf8(text).ok());
        let n = text
            .and_then(|text| text.trim().parse::<u32>().ok())
            .ok_or(EINVAL)?;
        if n > LARGEST {
            return Err(ERANGE);
        }

        let mut last = self.last.lock();
        *last = CString::try_from_fmt(fmt!("{}\n", self.compute(n)?))?;
        Ok(length)
    }
}

/// What there is for each device that the driver is bound to. Dropped from the top.
#[pin_data]
struct Driver {
    #[pin]
    node: Registration<Factorial>,
    _line: irq::Registration,
    _number: Index,
}

iomem::of_device_table!(
    OF_TABLE,
    (),
    [(of::DeviceId::new(c"iomem,sample-platform"), ())]
);

impl platform::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Self;
    const OF_ID_TABLE: Option<of::IdTable<()>> = Some(&OF_TABLE);

    fn probe<'bound>(
        pdev: &'bound platform::Device<Core<'_>>,
        _info: Option<&'bound ()>,
    ) -> impl PinInit<Self, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let dev = pdev.as_ref();
            let registers = devm_platform_ioremap_resource::<0x100>(pdev, 0)?;
            let id = registers
                .access_with(|regs| regs.read(EDU_ID))
                .ok_or(ENODEV)?;
            if id.magic().get() != MAGIC {
                dev_err!(dev, "this is no edu: ID {:#010x}\n", id.into_raw());
                return Err(ENODEV);
            }
            // Whatever it was told before: no interrupt until there is a handler.
            registers.access_with(silence).ok_or(ENODEV)?;

            let number = NUMBERS.take()?;
            let name = CString::try_from_fmt(fmt!("factorial{}", number.value()))?;
            let line = pdev.line_by_index(0)?.ok_or(ENXIO);
            let line = line.and_then(|line| line.request(name.to_cstring()?));
            let line =
                line.inspect_err(|e| dev_err!(dev, "its interrupt cannot be had: {e:?}\n"))?;
            let interrupt = line.interrupt().clone();
            let device = Arc::pin_init(
                try_pin_init!(Factorial {
                    registers,
                    interrupt,
                    last <- new_mutex!(CString::try_from_fmt(fmt!(""))?),
                }),
                GFP_KERNEL,
            )?;
            let options = Options::new(name).parent(dev);
            Ok(try_pin_init!(Self {
                node <- Registration::register(options, device),
                _: { dev_info!(dev, "it is /dev/{}\n", node.name()) },
                _line: line,
                _number: number,
            }))
        })
    }

    fn unbind<'bound>(_pdev: &'bound platform::Device<Core<'_>>, this: Pin<&Self>) {
        // The device is to be quiet when its interrupt is not handled any more.
        let _ = this.node.device().with(silence);
    }
}

/// The loaded module: the driver, and a device for it, since neither device tree nor ACPI describe
/// an `edu` as a platform device. A driver for hardware that is described has the driver only, by
/// `module_platform_driver!`.
#[pin_data]
struct Sample {
    // The device goes before its driver.
    _device: Option<Device>,
    #[pin]
    _driver: driver::Registration<Adapter<Driver>>,
}

impl InPlaceModule for Sample {
    fn init(module: &'static ThisModule) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            _driver <- driver::Registration::new(<Self as ModuleMetadata>::NAME, module),
            _device: make(
                param(module_parameters::start.value()),
                param(module_parameters::irq.value()),
            )?,
        })
    }
}

/// Makes the device that the parameters describe, if they do.
fn make(start: u64, irq: u64) -> Result<Option<Device>> {
    if start == 0 && irq == 0 {
        return Ok(None);
    }
    if start == 0 || irq == 0 {
        pr_err!("give both start= and irq=, or none\n");
        return Err(EINVAL);
    }
    let irq = u32::try_from(irq).map_err(|_| EINVAL)?;
    let resources = [
        Resource::mem(Range::new(start, 0x1000)?),
        Resource::irq(irq),
    ];
    let device = Info::new(<Sample as ModuleMetadata>::NAME, &resources)
        .id(Id::None)
        .register()?;
    if !device.is_bound() {
        pr_err!("the driver did not take the device: the lines above say why\n");
        return Err(ENODEV);
    }
    Ok(Some(device))
}
