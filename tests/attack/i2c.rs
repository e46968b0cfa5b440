// SPDX-License-Identifier: GPL-2.0

//! What an I2C device has, asked for when the data of its driver are dropped: that bus ends what its
//! devices have before the driver core drops the data. The device is that of tests/kmod/adapter.c.

#![deny(unsafe_code)]

use iomem::{
    compat::param,
    mapping::{
        devm_ioremap,
        Cache,
        DevmMapping, //
    },
    resource::request_mem_region, //
};
use kernel::{
    device::{
        Bound,
        Core,
        Device, //
    },
    driver,
    i2c::{
        self,
        Adapter,
        I2cClient, //
    },
    io::Io,
    prelude::*,
    sync::atomic::{
        Atomic,
        Relaxed, //
    },
    ModuleMetadata, //
};

#[macro_use]
#[path = "../kmod/check.rs"]
mod check;

module! {
    type: Attack,
    name: "iomem_attack_i2c",
    authors: ["The iomem authors"],
    description: "Asks for registers after an I2C device has been unbound",
    license: "GPL",
    params: {
        edu: u64 {
            default: 0,
            description: "physical address of BAR 0 of QEMU's edu",
        },
    },
}

/// What edu says at offset 0.
const ID: u32 = 0x0100_00ed;

/// How often the data of the driver were dropped.
static DROPPED: Atomic<i32> = Atomic::new(0);

iomem::i2c_device_table!(
    TABLE,
    <Driver as i2c::Driver>::IdInfo,
    [(i2c::DeviceId::new(c"iomem_attack_i2c"), ())]
);

struct Driver;

/// The data of the driver: what the device has.
struct Data(DevmMapping<0x100>);

impl Data {
    fn id(&self) -> Option<u32> {
        self.0.access_with(|regs| regs.read32(0))
    }
}

impl Drop for Data {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, Relaxed);
        let start = param(module_parameters::edu.value());
        // Otherwise the rest shows nothing: what the device has could still be there.
        check!(
            "claim_ends_before_the_data",
            request_mem_region(start, 0x1000, c"attack-i2c-again").is_ok()
        );
        // Nothing is read here, where the mapping would be gone.
        check!("access_is_refused", self.0.access_with(|_| ()).is_none());
        check!("guard_is_refused", self.0.try_access().is_none());
        check!(
            "access_that_does_not_sleep_is_refused",
            self.0.try_access_with(|_| ()).is_none()
        );
    }
}

impl i2c::Driver for Driver {
    type IdInfo = ();
    type Data<'bound> = Data;

    const I2C_ID_TABLE: Option<i2c::IdTable<Self::IdInfo>> = Some(&TABLE);

    fn probe<'bound>(
        client: &'bound I2cClient<Core<'_>>,
        _info: Option<&'bound Self::IdInfo>,
    ) -> impl PinInit<Data, Error> + 'bound {
        pin_init::pin_init_scope(move || {
            let dev: &Device<Bound> = client.as_ref();
            let start = param(module_parameters::edu.value());
            let claim = request_mem_region(start, 0x1000, c"attack-i2c")?;
            let data = Data(devm_ioremap(dev, claim, Cache::Uncached)?);
            check!("probe_can_access", data.id() == Some(ID));
            Ok(Ok(data))
        })
    }

    fn unbind<'bound>(_client: &'bound I2cClient<Core<'_>>, data: Pin<&Data>) {
        check!("unbind_can_access", data.id() == Some(ID));
    }
}

/// Binds the device, and unbinds it.
fn run(module: &'static ThisModule) -> Result {
    let registration = KBox::pin_init(
        driver::Registration::<Adapter<Driver>>::new(<Attack as ModuleMetadata>::NAME, module),
        GFP_KERNEL,
    )?;
    check!("data_stay_while_bound", DROPPED.load(Relaxed) == 0);
    drop(registration);
    check!("data_are_dropped_once", DROPPED.load(Relaxed) == 1);
    Ok(())
}

struct Attack;

impl kernel::Module for Attack {
    fn init(module: &'static ThisModule) -> Result<Self> {
        if let Err(e) = run(module) {
            pr_err!("{:?}\n", e);
        } else {
            pr_info!("done\n");
        }
        Ok(Self)
    }
}
